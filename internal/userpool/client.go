package userpool

import (
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/keyring"
)

// Client is an app client: the ways in which an application may sign users in,
// and what its tokens look like.
type Client struct {
	ID       string
	PoolID   string
	Name     string
	Created  time.Time
	Modified time.Time

	Secret  []byte         `json:",omitempty"` // of clients whose secret was never changed, as they were kept once; see allSecrets
	Secrets []ClientSecret `json:",omitempty"` // the oldest first; a client without is public

	Flows             []string
	HideUsers         bool // PreventUserExistenceErrors ENABLED
	Revocation        bool
	PropagateContext  bool
	SessionMinutes    int32
	AccessToken       Validity
	IDToken           Validity
	RefreshToken      Validity
	Rotation          *Rotation `json:",omitempty"`
	ReadAttributes    []string  `json:",omitempty"`
	WriteAttributes   []string  `json:",omitempty"`
	OAuthFlows        []string  `json:",omitempty"`
	OAuthAllowed      bool
	OAuthScopes       []string `json:",omitempty"`
	CallbackURLs      []string `json:",omitempty"`
	LogoutURLs        []string `json:",omitempty"`
	DefaultRedirect   string   `json:",omitempty"`
	IdentityProviders []string `json:",omitempty"`

	// Analytics is kept and shown. There is no analytics service here: nothing is sent anywhere.
	Analytics *types.AnalyticsConfigurationType `json:",omitempty"`
	Risk      *Risk                             `json:",omitempty"` // in the place of the pool's
}

// Validity is a token's lifetime as its client set it. Amount 0 is the default.
type Validity struct {
	Amount int32
	Unit   string `json:",omitempty"` // seconds, minutes, hours, days; "" is the default
}

const (
	maxAccessValidity     = 24 * time.Hour
	minAccessValidity     = 5 * time.Minute
	defaultAccessValidity = time.Hour
	maxRefreshValidity    = 3650 * 24 * time.Hour
	minRefreshValidity    = time.Hour
	defaultRefreshDays    = 30
)

// Duration is the lifetime, in the unit given or in fallback. What a Duration
// cannot hold is the longest one: an amount that wrapped around would pass for a
// short and allowed lifetime.
func (v Validity) Duration(fallback string) time.Duration {
	unit := v.Unit
	if unit == "" {
		unit = fallback
	}
	one := 24 * time.Hour
	switch unit {
	case "seconds":
		one = time.Second
	case "minutes":
		one = time.Minute
	case "hours":
		one = time.Hour
	}
	if amount := time.Duration(v.Amount); amount <= math.MaxInt64/one {
		return amount * one
	}
	return math.MaxInt64
}

func shortLived(v Validity) time.Duration {
	if v.Amount == 0 {
		return defaultAccessValidity
	}
	return v.Duration("hours")
}

func (c *Client) accessValidity() time.Duration  { return shortLived(c.AccessToken) }
func (c *Client) idValidity() time.Duration      { return shortLived(c.IDToken) }
func (c *Client) refreshValidity() time.Duration { return c.RefreshToken.Duration("days") }

// sessionValidity is how long a challenge waits for its answer.
func (c *Client) sessionValidity() time.Duration {
	if c.SessionMinutes == 0 {
		return defaultSession * time.Minute
	}
	return time.Duration(c.SessionMinutes) * time.Minute
}

func (c *Client) allows(flows ...string) bool {
	return slices.ContainsFunc(flows, func(f string) bool { return slices.Contains(c.Flows, f) })
}

// mayRefresh says whether REFRESH_TOKEN_AUTH may be used, which every legacy flow
// brings with it, but not beside rotation.
func (c *Client) mayRefresh() bool {
	return !c.rotates() && c.allows("ALLOW_REFRESH_TOKEN_AUTH", "ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH", "CUSTOM_AUTH_FLOW_ONLY")
}

// mayRead says whether the client's tokens show the attribute. Without a list
// of its own a client reads the standard attributes.
func (c *Client) mayRead(a Attribute) bool {
	if a.Name == attributeSub {
		return true
	}
	if len(c.ReadAttributes) == 0 {
		return !a.Custom()
	}
	return slices.Contains(c.ReadAttributes, a.Name)
}

// mayWrite says whether users may set the attribute through the client. That an
// address is verified is never a user's to say.
func (c *Client) mayWrite(a Attribute) bool {
	if a.DeveloperOnly || a.Name == attributeSub || a.Name == attributeEmailVerified || a.Name == attributePhoneVerified || a.Name == attributeIdentities {
		return false
	}
	if len(c.WriteAttributes) == 0 {
		return !a.Custom()
	}
	return slices.Contains(c.WriteAttributes, a.Name)
}

// clientState is a client as the snapshot holds it, its secrets opened.
type clientState struct {
	*Client
	secrets []keyring.Secret // none if the client is public
}
