package phone

import (
	"strconv"
	"strings"

	"tierline/ticket"
)

// contactLens is the output of Amazon Transcribe Call Analytics and Contact Lens
// (https://docs.aws.amazon.com/transcribe/latest/dg/tca-output.html).
type contactLens struct {
	JobName      string `json:"JobName"`
	LanguageCode string `json:"LanguageCode"`
	Metadata     struct {
		ContactID string `json:"ContactId"`
	} `json:"CustomerMetadata"`
	Characteristics struct {
		TotalMS int64 `json:"TotalConversationDurationMillis"`
	} `json:"ConversationCharacteristics"`
	Transcript []struct {
		Role    string `json:"ParticipantRole"`
		ID      string `json:"ParticipantId"`
		Content string `json:"Content"`
		Begin   int64  `json:"BeginOffsetMillis"`
		End     int64  `json:"EndOffsetMillis"`
		Items   []struct {
			Type       string  `json:"Type"`
			Confidence float64 `json:"Confidence"`
		} `json:"Items"`
	} `json:"Transcript"`
}

func parseContactLens(data []byte) (Call, error) {
	var d contactLens
	if err := decode(data, &d); err != nil {
		return Call{}, err
	}
	c := Call{Format: "aws", ID: d.Metadata.ContactID, Language: d.LanguageCode, DurationMS: d.Characteristics.TotalMS}
	if c.ID == "" {
		c.ID = d.JobName
	}
	if c.DurationMS < 0 || c.DurationMS > maxLength.Milliseconds() {
		return Call{}, fault("ConversationCharacteristics", "%d ms is no length of a call", c.DurationMS)
	}
	for _, t := range d.Transcript {
		role := strings.ToLower(t.Role)
		if role == "" {
			role = roleOf(t.ID, "")
		}
		if role != "agent" && role != "customer" {
			role = "unknown"
		}
		turn := ticket.Turn{Role: role, Speaker: t.Role, StartMS: t.Begin, EndMS: t.End, Text: t.Content}
		sum, n := 0.0, 0
		for _, i := range t.Items {
			if i.Type == "pronunciation" {
				sum, n = sum+i.Confidence, n+1
			}
		}
		if n > 0 {
			turn.Confidence = sum / float64(n)
		}
		c.Turns = append(c.Turns, turn)
	}
	return c, nil
}

// transcribe is the output of Amazon Transcribe for a batch job
// (https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html, "results").
type transcribe struct {
	JobName string `json:"jobName"`
	Results struct {
		Language string `json:"language_code"`
		Items    []struct {
			Type         string `json:"type"`
			Start        string `json:"start_time"`
			End          string `json:"end_time"`
			Speaker      string `json:"speaker_label"`
			Channel      string `json:"channel_label"`
			Alternatives []struct {
				Content    string `json:"content"`
				Confidence string `json:"confidence"`
			} `json:"alternatives"`
		} `json:"items"`
		Speakers struct {
			Segments []struct {
				Items []struct {
					Start   string `json:"start_time"`
					Speaker string `json:"speaker_label"`
				} `json:"items"`
			} `json:"segments"`
		} `json:"speaker_labels"`
	} `json:"results"`
}

func parseTranscribe(data []byte) (Call, error) {
	var d transcribe
	if err := decode(data, &d); err != nil {
		return Call{}, err
	}
	at := map[string]string{} // start → speaker: older jobs name speakers only in segments
	for _, s := range d.Results.Speakers.Segments {
		for _, i := range s.Items {
			at[i.Start] = i.Speaker
		}
	}
	c := Call{Format: "aws", ID: d.JobName, Language: d.Results.Language}
	var words spoken
	for n, i := range d.Results.Items {
		if len(i.Alternatives) == 0 {
			continue
		}
		best := i.Alternatives[0]
		if i.Type == "punctuation" {
			words.mark(best.Content)
			continue
		}
		start, err1 := strconv.ParseFloat(i.Start, 64)
		end, err2 := strconv.ParseFloat(i.End, 64)
		if err1 != nil || err2 != nil {
			return Call{}, fault("results.items["+strconv.Itoa(n)+"]", "start_time or end_time is no number")
		}
		sure, _ := strconv.ParseFloat(best.Confidence, 64)
		who := i.Speaker
		if who == "" {
			who = at[i.Start]
		}
		if who == "" {
			who = i.Channel
		}
		who = strings.TrimPrefix(strings.TrimPrefix(who, "spk_"), "ch_")
		words.add(who, best.Content, millis(start), millis(end), sure)
	}
	c.Turns = words.turns()
	return c, nil
}
