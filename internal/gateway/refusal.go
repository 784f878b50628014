package gateway

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
)

// What the control plane says no with. The data plane's words are in denial.go.

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

// unsupported refuses what AWS has and Sallyport has not: accepting it in
// silence could leave a door open that its owner believes to be guarded.
func unsupported(what string) error {
	return badRequest("%s is not supported by Sallyport yet", what)
}

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
