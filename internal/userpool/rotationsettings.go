package userpool

import (
	"slices"
	"time"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// Rotation says whether each refresh brings a new refresh token, and how long
// the one before it still works.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RefreshTokenRotationType.html
type Rotation struct {
	Enabled      bool
	GraceSeconds int32 // 0 to 60
}

func (c *Client) rotates() bool { return c.Rotation != nil && c.Rotation.Enabled }

// grace is how long a refresh token works after it was replaced.
func (c *Client) grace() time.Duration {
	if !c.rotates() {
		return 0
	}
	return time.Duration(c.Rotation.GraceSeconds) * time.Second
}

// setRotation comes after the flows. Rotation is for GetTokensFromRefreshToken
// alone: the flow that could not hand out a new token must not be named beside
// it, and does not stand among the flows of a client that names none.
func (c *Client) setRotation(_ *Pool, in *idp.UpdateUserPoolClientInput) error {
	c.Rotation = nil
	r := in.RefreshTokenRotation
	if r == nil {
		return nil
	}
	switch r.Feature {
	case types.FeatureTypeEnabled, types.FeatureTypeDisabled:
	default:
		return invalid("RefreshTokenRotation: Feature must be ENABLED or DISABLED.")
	}
	grace := deref(r.RetryGracePeriodSeconds)
	if grace < 0 || time.Duration(grace)*time.Second > maxGrace {
		return invalid("RetryGracePeriodSeconds must be between 0 and 60.")
	}
	c.Rotation = &Rotation{Enabled: r.Feature == types.FeatureTypeEnabled, GraceSeconds: grace}
	if !c.Rotation.Enabled {
		return nil
	}
	if len(in.ExplicitAuthFlows) > 0 && c.allows("ALLOW_REFRESH_TOKEN_AUTH") {
		return invalid(textRotationAndFlow)
	}
	c.Flows = slices.DeleteFunc(c.Flows, func(f string) bool { return f == "ALLOW_REFRESH_TOKEN_AUTH" })
	return nil
}

func (r *Rotation) shape() *types.RefreshTokenRotationType {
	if r == nil {
		return nil
	}
	out := &types.RefreshTokenRotationType{Feature: types.FeatureTypeDisabled, RetryGracePeriodSeconds: &r.GraceSeconds}
	if r.Enabled {
		out.Feature = types.FeatureTypeEnabled
	}
	return out
}
