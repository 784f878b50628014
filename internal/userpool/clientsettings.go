package userpool

import (
	"context"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/store"
)

var (
	newFlows = []string{
		"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH",
		"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH",
	}
	legacyFlows  = []string{"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"}
	defaultFlows = []string{"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"}
	openIDScopes = []string{"openid", "email", "phone", "profile", scopeSelf}
	units        = []string{"", "seconds", "minutes", "hours", "days"}

	namePattern        = regexp.MustCompile(`^[\w\s+=,.@-]+$`)
	secretPattern      = regexp.MustCompile(`^[\w+]{24,64}$`)
	applicationPattern = regexp.MustCompile(`^[0-9a-fA-F]{1,64}$`)
	customScheme       = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)
)

const (
	maxURLs       = 100
	maxScopes     = 50
	maxURLLength  = 1024
	maxSessionMin = 15
)

// configure takes the settings of CreateUserPoolClient and UpdateUserPoolClient.
// What is left out goes back to its default, as in AWS. The secret stands
// already: some settings depend on there being one.
func (c *Client) configure(ctx context.Context, tx *store.Tx, p *Pool, in *idp.UpdateUserPoolClientInput) error {
	if in.ClientName != nil {
		c.Name = *in.ClientName
	}
	if n := utf8.RuneCountInString(c.Name); n < 1 || n > 128 || !namePattern.MatchString(c.Name) {
		return invalid("ClientName must have 1 to 128 characters: letters, digits, space and + = , . @ - _")
	}
	for _, set := range []func(*Pool, *idp.UpdateUserPoolClientInput) error{c.setFlows, c.setRotation, c.setValidity, c.setAttributes, c.setURLs, c.setOAuth, c.setAnalytics} {
		if err := set(p, in); err != nil {
			return err
		}
	}
	if err := checkScopes(ctx, tx, p.ID, c.OAuthScopes); err != nil {
		return err
	}
	switch in.PreventUserExistenceErrors {
	case "", types.PreventUserExistenceErrorTypesLegacy:
		c.HideUsers = false
	case types.PreventUserExistenceErrorTypesEnabled:
		c.HideUsers = true
	default:
		return invalid("PreventUserExistenceErrors must be ENABLED or LEGACY.")
	}
	c.Revocation = in.EnableTokenRevocation == nil || *in.EnableTokenRevocation
	c.PropagateContext = deref(in.EnablePropagateAdditionalUserContextData)
	if c.PropagateContext && !c.confidential() {
		return invalid("EnablePropagateAdditionalUserContextData needs a client with a secret.")
	}
	return nil
}

func (c *Client) setFlows(_ *Pool, in *idp.UpdateUserPoolClientInput) error {
	c.Flows = nil
	legacy, modern := false, false
	for _, f := range in.ExplicitAuthFlows {
		legacy = legacy || slices.Contains(legacyFlows, string(f))
		modern = modern || slices.Contains(newFlows, string(f))
		if !slices.Contains(legacyFlows, string(f)) && !slices.Contains(newFlows, string(f)) {
			return invalid("ExplicitAuthFlows: " + string(f) + " is not an authentication flow.")
		}
		if !slices.Contains(c.Flows, string(f)) {
			c.Flows = append(c.Flows, string(f))
		}
	}
	if legacy && modern {
		return invalid(textMixedFlows)
	}
	if len(c.Flows) == 0 {
		c.Flows = slices.Clone(defaultFlows)
	}
	return nil
}

func (c *Client) setValidity(_ *Pool, in *idp.UpdateUserPoolClientInput) error {
	u := deref(in.TokenValidityUnits)
	c.AccessToken = Validity{deref(in.AccessTokenValidity), string(u.AccessToken)}
	c.IDToken = Validity{deref(in.IdTokenValidity), string(u.IdToken)}
	c.RefreshToken = Validity{in.RefreshTokenValidity, string(u.RefreshToken)}
	if c.RefreshToken.Amount == 0 { // 30 days, whatever the unit
		c.RefreshToken.Amount = defaultRefreshDays
		if c.RefreshToken.Unit != "" {
			c.RefreshToken.Unit = "days"
		}
	}
	for name, given := range map[string]*int32{"AccessTokenValidity": in.AccessTokenValidity, "IdTokenValidity": in.IdTokenValidity} {
		if given != nil && *given < 1 {
			return invalid(name + " must be at least 1.")
		}
	}
	for _, v := range []Validity{c.AccessToken, c.IDToken, c.RefreshToken} {
		if !slices.Contains(units, v.Unit) {
			return invalid("TokenValidityUnits must be seconds, minutes, hours or days.")
		}
	}
	for _, v := range []Validity{c.AccessToken, c.IDToken} {
		if d := shortLived(v); d < minAccessValidity || d > maxAccessValidity {
			return invalid(textValidityRange)
		}
	}
	if d := c.refreshValidity(); d < minRefreshValidity || d > maxRefreshValidity {
		return invalid(textValidityRange)
	}
	if c.refreshValidity() < max(c.accessValidity(), c.idValidity()) {
		return invalid(textRefreshShortest)
	}
	c.SessionMinutes = defaultSession
	if in.AuthSessionValidity != nil {
		c.SessionMinutes = *in.AuthSessionValidity
	}
	if c.SessionMinutes < defaultSession || c.SessionMinutes > maxSessionMin {
		return invalid("AuthSessionValidity must be between 3 and 15 minutes.")
	}
	return nil
}

func (c *Client) setAttributes(p *Pool, in *idp.UpdateUserPoolClientInput) error {
	for _, name := range slices.Concat(in.ReadAttributes, in.WriteAttributes) {
		rule, ok := p.Schema.Find(name)
		if !ok || rule.DeveloperOnly || name == attributeSub && slices.Contains(in.WriteAttributes, name) {
			return invalid("Invalid read attributes or write attributes specified while creating a client: " + name)
		}
	}
	c.ReadAttributes, c.WriteAttributes = in.ReadAttributes, in.WriteAttributes
	if len(c.WriteAttributes) > 0 {
		for _, a := range p.Schema {
			if a.Required && a.Name != attributeSub && !slices.Contains(c.WriteAttributes, a.Name) {
				return invalid("Invalid write attributes specified while creating a client: the required attribute " + a.Name + " must be writable")
			}
		}
	}
	return nil
}

func (c *Client) setURLs(_ *Pool, in *idp.UpdateUserPoolClientInput) error {
	if len(in.CallbackURLs) > maxURLs || len(in.LogoutURLs) > maxURLs {
		return invalid("A client has at most 100 callback and 100 logout URLs.")
	}
	for _, u := range slices.Concat(in.CallbackURLs, in.LogoutURLs) {
		if why := badRedirect(u); why != "" {
			return invalid(u + ": " + why)
		}
	}
	c.CallbackURLs, c.LogoutURLs, c.DefaultRedirect = in.CallbackURLs, in.LogoutURLs, deref(in.DefaultRedirectURI)
	if c.DefaultRedirect != "" && !slices.Contains(c.CallbackURLs, c.DefaultRedirect) {
		return invalid("DefaultRedirectURI must be one of the CallbackURLs.")
	}
	return nil
}

// badRedirect says what is wrong with a redirect URL: https, or http on this
// machine, or an application's own scheme; absolute and without a fragment.
func badRedirect(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxURLLength || u.Scheme == "":
		return "is not an absolute URL."
	case strings.Contains(text, "#"):
		return "must not have a fragment."
	case u.User != nil:
		return "must not hold a user name or password."
	case u.Scheme == "https" && u.Host != "":
		return ""
	case u.Scheme == "http" && loopback(u.Hostname()):
		return ""
	case u.Scheme == "http" || u.Scheme == "https":
		return "must use https; http is for localhost only."
	case slices.Contains([]string{"javascript", "data", "vbscript", "file", "blob", "about"}, u.Scheme):
		return "has a scheme that browsers run or read."
	case !customScheme.MatchString(u.Scheme):
		return "has no valid scheme."
	}
	return ""
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

func (c *Client) setOAuth(_ *Pool, in *idp.UpdateUserPoolClientInput) error {
	c.OAuthAllowed = in.AllowedOAuthFlowsUserPoolClient
	c.OAuthFlows, c.OAuthScopes = nil, nil
	for _, f := range in.AllowedOAuthFlows {
		switch f {
		case types.OAuthFlowTypeCode, types.OAuthFlowTypeImplicit, types.OAuthFlowTypeClientCredentials:
			c.OAuthFlows = append(c.OAuthFlows, string(f))
		default:
			return invalidOAuth("AllowedOAuthFlows may name code, implicit and client_credentials only.")
		}
	}
	if slices.Contains(c.OAuthFlows, "client_credentials") {
		if len(c.OAuthFlows) > 1 {
			return invalidOAuth(textCredentialsAlone)
		}
		if !c.confidential() {
			return invalidOAuth(textCredentialsSecret)
		}
	}
	if len(in.AllowedOAuthScopes) > maxScopes {
		return invalid("A client has at most 50 scopes.")
	}
	for _, scope := range in.AllowedOAuthScopes {
		if !slices.Contains(c.OAuthScopes, scope) {
			c.OAuthScopes = append(c.OAuthScopes, scope)
		}
	}
	needOpenID := slices.ContainsFunc(c.OAuthScopes, func(s string) bool { return s == "email" || s == "phone" || s == "profile" })
	if needOpenID && !slices.Contains(c.OAuthScopes, "openid") {
		return invalid(textScopesNeedOpenID)
	}
	if c.OAuthAllowed && (len(c.OAuthFlows) == 0 || len(c.OAuthScopes) == 0) {
		return invalidOAuth(textOAuthIncomplete)
	}
	if c.OAuthAllowed && !slices.Contains(c.OAuthFlows, "client_credentials") && len(c.CallbackURLs) == 0 {
		return invalidOAuth("CallbackURLs are required for the code and implicit flows.")
	}
	c.IdentityProviders = in.SupportedIdentityProviders
	return nil
}

// setAnalytics keeps where a client's figures would go. There is nothing here
// that they could go to; the settings are held to AWS's form and come to nothing.
func (c *Client) setAnalytics(_ *Pool, in *idp.UpdateUserPoolClientInput) error {
	a := in.AnalyticsConfiguration
	c.Analytics = a
	switch {
	case a == nil:
		return nil
	case a.ApplicationArn != nil && (a.ApplicationId != nil || a.RoleArn != nil || a.ExternalId != nil):
		return invalid("AnalyticsConfiguration takes ApplicationArn, or ApplicationId with RoleArn and ExternalId.")
	case a.ApplicationArn == nil && (a.ApplicationId == nil || a.RoleArn == nil || a.ExternalId == nil):
		return invalid("AnalyticsConfiguration needs ApplicationArn, or ApplicationId with RoleArn and ExternalId.")
	}
	for _, arn := range []*string{a.ApplicationArn, a.RoleArn} {
		if arn != nil && (!strings.HasPrefix(*arn, "arn:") || len(*arn) > maxValue) {
			return invalid("ApplicationArn and RoleArn must be ARNs.")
		}
	}
	if a.ApplicationId != nil && !applicationPattern.MatchString(*a.ApplicationId) || len(deref(a.ExternalId)) > 131072 {
		return invalid("ApplicationId must have hexadecimal digits only.")
	}
	return nil
}

// shape is the client as AWS shows it. The secret is shown to who may describe
// the client: AWS has no other way to learn it.
func (c *clientState) shape() *types.UserPoolClientType {
	out := &types.UserPoolClientType{
		UserPoolId: &c.PoolID, ClientId: &c.ID, ClientName: &c.Name, CreationDate: &c.Created, LastModifiedDate: &c.Modified,
		ClientSecret:         optional(c.newestSecret()),
		RefreshTokenValidity: c.RefreshToken.Amount,
		RefreshTokenRotation: c.Rotation.shape(),
		AuthSessionValidity:  &c.SessionMinutes, EnableTokenRevocation: &c.Revocation,
		EnablePropagateAdditionalUserContextData: &c.PropagateContext,
		PreventUserExistenceErrors:               types.PreventUserExistenceErrorTypesLegacy,
		ReadAttributes:                           c.ReadAttributes, WriteAttributes: c.WriteAttributes,
		AllowedOAuthFlowsUserPoolClient: &c.OAuthAllowed, AllowedOAuthScopes: c.OAuthScopes,
		CallbackURLs: c.CallbackURLs, LogoutURLs: c.LogoutURLs, DefaultRedirectURI: optional(c.DefaultRedirect),
		SupportedIdentityProviders: c.IdentityProviders, AnalyticsConfiguration: c.Analytics,
		TokenValidityUnits: &types.TokenValidityUnitsType{
			AccessToken: types.TimeUnitsType(c.AccessToken.Unit), IdToken: types.TimeUnitsType(c.IDToken.Unit), RefreshToken: types.TimeUnitsType(c.RefreshToken.Unit),
		},
	}
	if c.HideUsers {
		out.PreventUserExistenceErrors = types.PreventUserExistenceErrorTypesEnabled
	}
	if c.AccessToken.Amount != 0 {
		out.AccessTokenValidity = &c.AccessToken.Amount
	}
	if c.IDToken.Amount != 0 {
		out.IdTokenValidity = &c.IDToken.Amount
	}
	for _, f := range c.Flows {
		out.ExplicitAuthFlows = append(out.ExplicitAuthFlows, types.ExplicitAuthFlowsType(f))
	}
	for _, f := range c.OAuthFlows {
		out.AllowedOAuthFlows = append(out.AllowedOAuthFlows, types.OAuthFlowType(f))
	}
	return out
}
