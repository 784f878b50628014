package userpool

import (
	"context"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/access"
)

// AdminDeleteUserAttributes removes attributes of a user. An address takes with
// it that it was verified, the alias that it was and the code that waits for it.
// What the schema requires or fixes stays, and so does the attribute that people
// sign in with.
func (s *Service) AdminDeleteUserAttributes(ctx context.Context, call *access.Call, in *idp.AdminDeleteUserAttributesInput) (*idp.AdminDeleteUserAttributesOutput, error) {
	p, u, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if unknown := p.Schema.without(in.UserAttributeNames); len(unknown) > 0 {
		return nil, invalid(textNoAttribute(unknown...))
	}
	values := make(map[string]string, len(in.UserAttributeNames))
	for _, name := range in.UserAttributeNames {
		switch rule, _ := p.Schema.Find(name); {
		case name == attributeSub || name == attributeIdentities || !rule.Mutable:
			return nil, invalid(textImmutable(name))
		case rule.Required:
			return nil, invalid(textRequired(name))
		}
		values[name] = ""
	}
	if _, err := s.changeAttributes(ctx, call, attributeChange{p.Pool, u, "", values, nil}); err != nil {
		return nil, err
	}
	return &idp.AdminDeleteUserAttributesOutput{}, nil
}
