package restapi

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
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

func notFound(message string) error {
	return &types.NotFoundException{Message: aws.String(message)}
}

func badRequest(format string, args ...any) error {
	return &types.BadRequestException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func conflict(format string, args ...any) error {
	return &types.ConflictException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func limitExceeded(format string, args ...any) error {
	return &types.LimitExceededException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// unsupported refuses what AWS has and Sallyport has not.
func unsupported(what string) error { return gateway.Unsupported(what) }

func noSuchAPI(call *access.Call, id string) error {
	return notFound(fmt.Sprintf("Invalid API identifier specified %s:%s", call.Account, id))
}

// firstRefusal returns the first refusal whose condition holds.
func firstRefusal(checks ...refusalIf) error {
	for _, c := range checks {
		if c.given {
			return unsupported(c.what)
		}
	}
	return nil
}

// refusalIf is a setting that is not supported, and whether it was given.
type refusalIf struct {
	given bool
	what  string
}
