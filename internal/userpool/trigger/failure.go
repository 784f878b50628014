package trigger

import "errors"

// What an Invoker says of a function that was never asked.
var (
	ErrNoFunction   = errors.New("trigger: no such function")
	ErrNotPermitted = errors.New("trigger: the function's policy does not let the pool invoke it")
	ErrThrottled    = errors.New("trigger: too many events are under way")
)

// Way is how a trigger failed. The zero value is Unreachable.
type Way uint8

const (
	// Unreachable: the function could not be asked, or gave no answer in time.
	Unreachable Way = iota
	// Thrown: the function failed, which is how it says no.
	Thrown
	// Unreadable: what the function answered is no answer to the event.
	Unreadable
)

// Failure is a trigger without an answer. Text is for the client; of a function
// that failed it is the function's own, which may hold anything. Reason is for
// the operator and shows nothing of what the function wrote but names.
type Failure struct {
	Kind   Kind
	Way    Way
	Text   string
	Reason string
}

func (f *Failure) Error() string { return string(f.Kind) + ": " + f.Reason }

// The words that AWS's clients see, as far as they were seen in the field.
const (
	textUnreadable = "Unrecognizable lambda output"
	textTimeout    = "Socket timeout while invoking Lambda function"
)

func thrown(k Kind, said string) *Failure {
	return &Failure{k, Thrown, string(k) + " failed with error " + said + ".", "the function failed"}
}

func unreachable(k Kind, cause, reason string) *Failure {
	return &Failure{k, Unreachable, string(k) + " invocation failed due to error " + cause + ".", reason}
}

// unreadable is an answer that is none, and why.
func unreadable(k Kind, why string) *Failure {
	return &Failure{k, Unreadable, textUnreadable, "the answer cannot be taken: " + why}
}

// Unanswered is for whoever finds that an answer of the right shape makes no sense.
func Unanswered(k Kind, why string) error { return unreadable(k, why) }
