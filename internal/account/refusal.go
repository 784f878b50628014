package account

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/policy"
)

// The errors that clients see: IAM's and STS's closed sets, in AWS's words.

// iamStatus is the HTTP status of those that are not 400.
var iamStatus = map[string]int{
	"NoSuchEntity":        http.StatusNotFound,
	"EntityAlreadyExists": http.StatusConflict,
	"DeleteConflict":      http.StatusConflict,
	"LimitExceeded":       http.StatusConflict,
	"AccessDenied":        http.StatusForbidden,
	"PolicyEvaluation":    http.StatusInternalServerError,
}

func noSuchEntity(format string, args ...any) error {
	return &types.NoSuchEntityException{Message: text(format, args)}
}

func alreadyExists(format string, args ...any) error {
	return &types.EntityAlreadyExistsException{Message: text(format, args)}
}

func deleteConflict(format string, args ...any) error {
	return &types.DeleteConflictException{Message: text(format, args)}
}

func limitExceeded(format string, args ...any) error {
	return &types.LimitExceededException{Message: text(format, args)}
}

func invalidInput(format string, args ...any) error {
	return &types.InvalidInputException{Message: text(format, args)}
}

// malformed is for a policy that is none.
func malformed(err error) error {
	var known *policy.MalformedError
	if errors.As(err, &known) {
		return &types.MalformedPolicyDocumentException{Message: &known.Message}
	}
	return err
}

// validation has no shape in AWS's models.
func validation(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "ValidationError", Message: *text(format, args), Fault: smithy.FaultClient}
}

func accessDenied(format string, args ...any) error {
	return &smithy.GenericAPIError{Code: "AccessDenied", Message: *text(format, args), Fault: smithy.FaultClient}
}

func text(format string, args []any) *string {
	s := fmt.Sprintf(format, args...)
	return &s
}
