package httpapi

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/gateway"
)

// What the control plane says no with.

// inOurWords answers what the data plane finds wrong with a definition as a
// BadRequestException; other errors stay as they are.
func inOurWords(err error) error {
	if m, ok := errors.AsType[*gateway.Mistake](err); ok {
		return badRequest("%s", m.Error())
	}
	return err
}

func notFound(format string, args ...any) error {
	return &types.NotFoundException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func badRequest(format string, args ...any) error {
	return &types.BadRequestException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func conflict(format string, args ...any) error {
	return &types.ConflictException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// limitExceeded is 429, as at AWS: clients try such a call again, to no avail.
func limitExceeded(format string, args ...any) error {
	return &types.TooManyRequestsException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// firstRefusal returns the first refusal whose condition holds.
func firstRefusal(checks ...refusalIf) error {
	for _, c := range checks {
		if c.given {
			return gateway.Unsupported(c.what)
		}
	}
	return nil
}

// refusalIf is a setting, and whether it was given.
type refusalIf struct {
	given bool
	what  string
}

// webSocketOnly refuses settings that HTTP APIs do not have.
func webSocketOnly(checks ...refusalIf) error {
	for _, c := range checks {
		if c.given {
			return badRequest("%s is supported only for WebSocket APIs", c.what)
		}
	}
	return nil
}
