package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind tells errors apart by what the caller can do about them.
type Kind string

// The kinds of error. The empty Kind is a fault of ours.
const (
	Internal  Kind = ""          // a fault of ours; logged, the caller is told no details
	Invalid   Kind = "invalid"   // the input is wrong and stays wrong
	NotFound  Kind = "not_found" // there is no such thing, or the caller may not know of it
	Conflict  Kind = "conflict"  // the caller saw an older state; look again, then try again
	Denied    Kind = "denied"    // the caller may not do this
	Transient Kind = "transient" // try again later, the same way
)

// Error is how every package reports what went wrong. It is mapped to HTTP and Slack in one place
// each, by Kind.
type Error struct {
	Op         string        // where: "store.Act", "email.Send"
	Kind       Kind          // what the caller can do about it
	Public     string        // safe to show to the person who acted; "" shows a text by Kind
	RetryAfter time.Duration // with Transient: not before; 0 leaves it to the back-off
	Partly     bool          // of a message that has gone out all the same: Public says who has not got it
	Unbegun    bool          // with Transient: nothing was done, and nothing need be looked for before another try
	Err        error         // the cause; may be nil
}

func (e *Error) Error() string {
	s := e.Op
	if e.Kind != Internal {
		s += ": " + string(e.Kind)
	}
	if e.Public != "" {
		s += ": " + e.Public
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// E makes an Error. A nil cause is allowed.
func E(op string, kind Kind, cause error) error { return &Error{Op: op, Kind: kind, Err: cause} }

// Errorf makes an Error whose text may be shown to the person who acted.
func Errorf(op string, kind Kind, format string, args ...any) error {
	return &Error{Op: op, Kind: kind, Public: fmt.Sprintf(format, args...)}
}

// KindOf is the kind of the outermost [Error] in err's chain that has one. A context that ended
// is Transient; anything else unknown is Internal.
func KindOf(err error) Kind {
	for e := err; e != nil; {
		var te *Error
		if !errors.As(e, &te) {
			break
		}
		if te.Kind != Internal {
			return te.Kind
		}
		e = te.Err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Transient
	}
	return Internal
}

// Explain is the text of err that may be shown to the person who acted.
func Explain(err error) string {
	for e := err; e != nil; {
		var te *Error
		if !errors.As(e, &te) {
			break
		}
		if te.Public != "" {
			return te.Public
		}
		e = te.Err
	}
	switch KindOf(err) {
	case Invalid:
		return "That is not possible as it stands."
	case NotFound:
		return "There is no such thing here."
	case Conflict:
		return "This has changed meanwhile. Look again, then try again."
	case Denied:
		return "You may not do this."
	case Transient:
		return "This does not work right now. Try again in a moment."
	}
	return "Something went wrong on our side. It has been logged."
}

// Unbegun says that nothing was done by what failed.
func Unbegun(err error) bool {
	for e := err; e != nil; {
		var te *Error
		if !errors.As(e, &te) {
			break
		}
		if te.Unbegun {
			return true
		}
		e = te.Err
	}
	return false
}

// RetryAfter is how long the other side asked us to wait, or 0.
func RetryAfter(err error) time.Duration {
	var te *Error
	if errors.As(err, &te) {
		return te.RetryAfter
	}
	return 0
}
