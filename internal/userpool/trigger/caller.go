package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Invocation is one try at one function.
type Invocation struct {
	FunctionARN string
	PoolARN     string // the source, which the function's policy is asked about
	RequestID   string
	Payload     []byte
}

// Invoker runs functions. failed says that the function threw: answer is then its
// error document. An error means that it was never asked, or that ctx ended:
// ErrNoFunction and ErrNotPermitted are final, any other may pass.
type Invoker interface {
	Invoke(ctx context.Context, i Invocation) (answer []byte, failed bool, err error)
}

const (
	limit = 5 * time.Second
	tries = 3
	pause = 100 * time.Millisecond
)

// Caller runs triggers. Limit is how long a function may take for one try, and
// Pause how long it is let alone between two; zero is AWS's 5 seconds, and 100
// milliseconds.
type Caller struct {
	Invoker Invoker
	Limit   time.Duration
	Pause   time.Duration
}

// Run tells the function of an event and reads its response into the value that
// e.Response points to, whose fields say which members there may be. The value
// is the response that the function is given to fill in; it is changed only if
// there is no error. Every error but ctx's is a *Failure.
func (c Caller) Run(ctx context.Context, k Kind, functionARN, poolARN, requestID string, e *Event) error {
	payload, err := e.payload()
	if err != nil {
		return err
	}
	answer, failed, err := c.invoke(ctx, k, Invocation{functionARN, poolARN, requestID, payload})
	switch {
	case err != nil:
		return err
	case failed:
		return thrown(k, saidOf(answer))
	}
	return read(k, answer, e.Response)
}

// invoke tries until there is an answer. A function that threw has answered.
func (c Caller) invoke(ctx context.Context, k Kind, i Invocation) ([]byte, bool, error) {
	for n := 1; ; n++ {
		answer, failed, err := c.once(ctx, i)
		switch {
		case err == nil:
			return answer, failed, nil
		case ctx.Err() != nil: // whoever asked has gone
			return nil, false, ctx.Err()
		case errors.Is(err, ErrNotPermitted):
			return nil, false, unreachable(k, "AccessDeniedException", err.Error())
		case errors.Is(err, ErrNoFunction):
			return nil, false, unreachable(k, "ResourceNotFoundException", err.Error())
		}
		if n == tries {
			cause := "ServiceException"
			switch {
			case errors.Is(err, context.DeadlineExceeded):
				cause = textTimeout
			case errors.Is(err, ErrThrottled):
				cause = "TooManyRequestsException"
			}
			return nil, false, unreachable(k, cause, "after 3 tries: "+err.Error())
		}
		if err := c.rest(ctx); err != nil {
			return nil, false, err
		}
	}
}

func (c Caller) once(ctx context.Context, i Invocation) ([]byte, bool, error) {
	most := c.Limit
	if most == 0 {
		most = limit
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	// A function that was given up on may still be reading its event.
	i.Payload = append([]byte(nil), i.Payload...)
	return c.Invoker.Invoke(ctx, i)
}

func (c Caller) rest(ctx context.Context) error {
	most := c.Pause
	if most == 0 {
		most = pause
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxSaid is the most bytes of a function's error text that a client hears.
const maxSaid = 2048

// saidOf is the text of an error document. It becomes a header of the response as
// well, so it is one line of plain text.
func saidOf(document []byte) string {
	var error struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}
	if len(document) > MaxAnswer || json.Unmarshal(document, &error) != nil {
		return "Unhandled"
	}
	said := error.Message
	if said == "" {
		said = error.Type
	}
	said = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, said)
	if len(said) > maxSaid {
		cut := maxSaid
		for !utf8.RuneStart(said[cut]) {
			cut--
		}
		said = said[:cut]
	}
	if said == "" {
		return "Unhandled"
	}
	return said
}
