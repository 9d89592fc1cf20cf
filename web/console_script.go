package web

import (
	"strconv"
	"strings"

	"tierline/kb"
)

// scriptView is what an editor sees of a guided script while writing: what is wrong with it, and the step at which they
// are who plays it through. A way through it is the numbers of the answers, one after the other: "0.2.1".
type scriptView struct {
	Faults, Hints []string
	Steps         int
	Way           string
	Passed        []playedStep
	At            *kb.Step // nil at the end, or where there are no steps
	Next          []playedWay
	End           string // done or escalate
	Back          string // the way without its last answer
}

type playedStep struct{ Question, Answer string }

type playedWay struct{ Answer, Way string }

// maxPlayed is the longest way that is played: scripts may lead back.
const maxPlayed = 200

// scriptViewOf plays a way through an article's script. A way that the text does not know any more is gone as far as it
// is known. It is nil where the article is no script.
func scriptViewOf(a kb.Article, way string) *scriptView {
	if !a.Guided() {
		return nil
	}
	s, faults := kb.ParseScript(a.Body)
	v := &scriptView{Faults: faults, Hints: s.Hints, Steps: len(s.Steps)}
	if len(s.Steps) == 0 {
		v.Faults = []string{"no heading of the second level has answers below it, such as: - Yes → next"}
		return v
	}
	var gone []string
	to := s.Steps[0].Question
	for _, n := range strings.SplitN(way, ".", maxPlayed) {
		step, ok := s.Step(to)
		i, err := strconv.Atoi(n)
		if !ok || err != nil || i < 0 || i >= len(step.Branches) {
			break
		}
		v.Passed = append(v.Passed, playedStep{step.Question, step.Branches[i].Answer})
		v.Back, gone = strings.Join(gone, "."), append(gone, n)
		to = step.Branches[i].To
	}
	v.Way = strings.Join(gone, ".")
	if to == kb.ScriptDone || to == kb.ScriptEscalate {
		v.End = to
		return v
	}
	step, _ := s.Step(to)
	v.At = &step
	for i, b := range step.Branches {
		v.Next = append(v.Next, playedWay{b.Answer, strings.Join(append(gone[:len(gone):len(gone)], strconv.Itoa(i)), ".")})
	}
	return v
}
