package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

const poolService = "cognito-idp.amazonaws.com"

// poolFunctions lets user pools run the functions that are their triggers, if the
// function's own policy permits the pool. Functions start after pools; nothing
// signs in before both have.
type poolFunctions struct{ services *services }

func (p poolFunctions) Invoke(ctx context.Context, i trigger.Invocation) ([]byte, bool, error) {
	source := function.Source{Service: poolService, ARN: i.PoolARN, Account: p.services.number}
	result, err := p.services.functions.InvokeAs(ctx, source, i.FunctionARN, i.Payload, i.RequestID, "")
	switch {
	case errors.Is(err, function.ErrNotPermitted): // with the reason, for the operator
		err = fmt.Errorf("%w: %w", trigger.ErrNotPermitted, err)
	case errors.Is(err, function.ErrNoFunction):
		err = trigger.ErrNoFunction
	case errors.Is(err, function.ErrThrottled):
		err = fmt.Errorf("%w: %w", trigger.ErrThrottled, err)
	}
	return result.Payload, result.FunctionError != "", err
}
