package router

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

func compile(when string) (*vm.Program, error) {
	if strings.TrimSpace(when) == "" {
		return nil, nil
	}
	if len(when) > maxWhen {
		return nil, fmt.Errorf("the expression has %d bytes; at most %d", len(when), maxWhen)
	}
	p, err := expr.Compile(when, expr.Env(Facts{}), expr.AsBool())
	if err != nil {
		return nil, wrong(when, err)
	}
	return p, nil
}

var unknownName = regexp.MustCompile(`^unknown name (\w+)`)

// wrong says in one line what is wrong with an expression and where, and which name may have been meant.
func wrong(when string, err error) error {
	e, ok := errors.AsType[*file.Error](err)
	if !ok {
		return err
	}
	text := oneLine(e.Message)
	if m := unknownName.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("there is no %q", m[1])
		if n := cmp.Or(nearest(m[1], factNames()), nearest(m[1], builtin.Names)); n != "" {
			text += "; did you mean " + n + "?"
		}
	}
	where := fmt.Sprintf("character %d", e.Column+1)
	if strings.Contains(strings.TrimSpace(when), "\n") {
		where = fmt.Sprintf("line %d of the expression, character %d", e.Line, e.Column+1)
	}
	return fmt.Errorf("%s (%s)", text, where)
}
