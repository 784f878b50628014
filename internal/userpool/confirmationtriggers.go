package userpool

import (
	"context"
	"maps"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

type signUpRequest struct {
	Attributes map[string]string `json:"userAttributes"`
	Validation map[string]string `json:"validationData"`
	Metadata   map[string]string `json:"clientMetadata,omitempty"`
}

type signUpResponse struct {
	Confirm     bool `json:"autoConfirmUser"`
	VerifyEmail bool `json:"autoVerifyEmail"`
	VerifyPhone bool `json:"autoVerifyPhone"`
}

// preSignUp asks the pool's trigger whether an account may be made. There is no
// account yet, so the event has no sub and no status, only what was given.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html
func (s *Service) preSignUp(ctx context.Context, call *access.Call, what, client string, p *Pool, u *User, validation []types.AttributeType, metadata map[string]string) (said signUpResponse, err error) {
	request := signUpRequest{Attributes: maps.Clone(u.Attributes), Metadata: metadata}
	if len(validation) > 0 {
		request.Validation = make(map[string]string, len(validation))
		for _, v := range validation {
			request.Validation[deref(v.Name)] = deref(v.Value)
		}
	}
	if what == "SignUp" { // that nothing is proved yet is ours to know, not given
		for _, a := range addresses {
			delete(request.Attributes, verifiedOf(a))
		}
	}
	_, err = s.trigger(ctx, call, occasion{
		pool: p, client: client, kind: trigger.PreSignUp, what: what, username: u.Username, request: request, response: &said,
	})
	return said, err
}

// admitSignUp asks about somebody who makes their own account, and confirms it and
// its addresses if the function says so. An address that another account answers
// to does not move by a function's word, as it would at AWS: the sign-up finds the
// name taken.
func (s *Service) admitSignUp(ctx context.Context, call *access.Call, p *poolState, c *clientState, u *User, in *idp.SignUpInput) error {
	const what = "SignUp"
	said, err := s.preSignUp(ctx, call, what, c.ID, p.Pool, u, in.ValidationData, in.ClientMetadata)
	if err != nil {
		return err
	}
	for attribute, verify := range map[string]bool{attributeEmail: said.VerifyEmail, attributePhone: said.VerifyPhone} {
		switch {
		case verify && u.Attributes[attribute] == "":
			return s.senseless(call, trigger.PreSignUp, what, attribute+" cannot be verified: the user has none")
		case verify:
			u.Attributes[verifiedOf(attribute)] = "true"
		}
	}
	if said.Confirm {
		u.Status = Confirmed
	}
	return nil
}

type confirmationRequest struct {
	Attributes map[string]string `json:"userAttributes"`
	Metadata   map[string]string `json:"clientMetadata,omitempty"`
}

// postConfirmation tells the pool's function that an account was confirmed
// (ConfirmSignUp), or has a new password (ConfirmForgotPassword). That is written
// already: if the function fails, the call fails and the account stays as it is.
// Nobody tells it a second time, so it is told also if the client has gone meanwhile.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html
func (s *Service) postConfirmation(ctx context.Context, call *access.Call, what, client string, p *Pool, u *User, metadata map[string]string) error {
	_, err := s.trigger(context.WithoutCancel(ctx), call, occasion{
		pool: p, client: client, kind: trigger.PostConfirmation, what: what, username: u.Username,
		request: confirmationRequest{p.toldOf(u), metadata}, response: &nothing{},
	})
	return err
}
