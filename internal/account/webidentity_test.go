package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/verify"
)

const nobody = "arn:aws:iam::" + number + ":role/nobody-has-made-this"

// register makes an OpenID Connect provider.
func (w *world) register(url string, clients ...string) string {
	w.Helper()
	in := &iam.CreateOpenIDConnectProviderInput{Url: &url, ClientIDList: clients}
	return *done[*iam.CreateOpenIDConnectProviderOutput](w)(w.iam(w.root).CreateOpenIDConnectProvider(w.Context(), in)).OpenIDConnectProviderArn
}

func (w *world) web(token, role string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	return w.sts(aws.Credentials{}).AssumeRoleWithWebIdentity(w.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &role, RoleSessionName: new("shift"), WebIdentityToken: &token,
	})
}

func packedSize(out *sts.AssumeRoleWithWebIdentityOutput) *int32 {
	//lint:ignore SA1019 clients of today read it
	return out.PackedPolicySize
}

// said holds the text of an error as well as its code.
func (w *world) said(what string, err error, code, part string) {
	w.Helper()
	w.refused(what, err, code)
	if err != nil && !strings.Contains(err.Error(), part) {
		w.Errorf("%s: %v does not say %q", what, err, part)
	}
}

// webTrust is a trust policy for a provider, with a condition or "".
func webTrust(provider, actions, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return doc(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":` + actions + condition + `}`)
}

const (
	byWeb     = `"sts:AssumeRoleWithWebIdentity"`
	byWebTags = `["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"]`
)

func TestATokenOfARegisteredIssuerBecomesCredentials(t *testing.T) {
	w := newWorld(t)
	i := newIssuer(t)
	arn := w.register(i.url, "other", "app")
	if want := "arn:aws:iam::" + number + ":oidc-provider/" + i.name; arn != want {
		t.Fatalf("the provider is %s", arn)
	}
	trusted := webTrust(arn, byWeb, `{"StringEquals":{"`+i.name+`:aud":"app","`+i.name+`:sub":"ann","`+i.name+`:email":"ann@example.com"},
		"ForAnyValue:StringEquals":{"`+i.name+`:amr":"mfa"},"StringLike":{"sts:RoleSessionName":"sh*"}}`)
	role := w.role("cook", trusted, doc(`{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"`+i.name+`:sub":"ann","aws:FederatedProvider":"`+arn+`"}}}`))
	token := w.token(i, claims{"email": "ann@example.com", "amr": []string{"pwd", "mfa"}})
	out := done[*sts.AssumeRoleWithWebIdentityOutput](w)(w.web(token, role))
	if *out.SubjectFromWebIdentityToken != "ann" || *out.Provider != arn || *out.Audience != "app" || packedSize(out) != nil || out.SourceIdentity != nil ||
		*out.AssumedRoleUser.Arn != "arn:aws:sts::"+number+":assumed-role/cook/shift" || !strings.HasSuffix(*out.AssumedRoleUser.AssumedRoleId, ":shift") {
		t.Errorf("answered %+v", out)
	}
	c := temporary(out.Credentials)
	who := done[*sts.GetCallerIdentityOutput](w)(w.sts(c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
	if *who.Arn != *out.AssumedRoleUser.Arn {
		t.Errorf("the session is %s", *who.Arn)
	}
	w.refused("what the role may", w.listUsers(c), "")
	for range 5 {
		done[*sts.AssumeRoleWithWebIdentityOutput](w)(w.web(token, role))
	}
	if n := i.asked.Load(); n != 2 {
		t.Errorf("the issuer was asked %d times", n)
	}
	in := &sts.AssumeRoleWithWebIdentityInput{RoleArn: &role, RoleSessionName: new("shift"), WebIdentityToken: &token, Policy: new(allow("s3:*", "*"))}
	bounded := done[*sts.AssumeRoleWithWebIdentityOutput](w)(w.sts(c).AssumeRoleWithWebIdentity(t.Context(), in))
	w.refused("beyond the session policy", w.listUsers(temporary(bounded.Credentials)), "AccessDenied")
	if size := packedSize(bounded); size == nil || *size == 0 {
		t.Error("the session policy has no size")
	}
	chained := w.role("chained", trust(wholeAccount), "")
	done[*iam.PutRolePolicyOutput](w)(w.iam(w.root).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: new("cook"), PolicyName: new("chain"), PolicyDocument: new(allow("sts:AssumeRole", "*"))}))
	done[*iam.UpdateRoleOutput](w)(w.iam(w.root).UpdateRole(t.Context(), &iam.UpdateRoleInput{RoleName: new("chained"), MaxSessionDuration: new(int32(7200))}))
	_, err := w.assume(c, &sts.AssumeRoleInput{RoleArn: &chained, DurationSeconds: new(int32(3601))})
	w.refused("more than an hour in a chain", err, "ValidationError")
	w.clock.Advance(61 * time.Minute)
	w.refused("after its time", w.listUsers(c), "ExpiredToken")
	_, err = w.web(token, role)
	w.said("the token after its time", err, "ExpiredTokenException", "Token expired: current date/time ")
}

func TestTokensThatProveNothing(t *testing.T) {
	w := newWorld(t)
	i, stranger := newIssuer(t), newIssuer(t)
	arn := w.register(i.url, "app")
	role := w.role("cook", webTrust(arn, byWeb, ""), "")
	now := w.clock.Now()
	good := w.token(i, nil)
	parts := strings.Split(good, ".")
	other := strings.Split(w.token(i, claims{"sub": "root"}), ".")
	signed := func(key any, a jose.SignatureAlgorithm, kid string) string {
		return idToken(t, key, a, kid, i.url, now, nil)
	}
	const invalid = "InvalidIdentityToken"
	for name, c := range map[string]struct{ token, code, text string }{
		"none":                          {good, "", ""},
		"no token":                      {"abcd", invalid, "not a valid JWT"},
		"another payload":               {parts[0] + "." + other[1] + "." + parts[2], invalid, ""},
		"without signature":             {parts[0] + "." + parts[1] + ".", invalid, ""},
		"alg none":                      {"eyJhbGciOiJub25lIn0." + parts[1] + ".", invalid, ""},
		"the public key as HMAC secret": {signed(firstKey().N.Bytes(), jose.HS256, "k1"), invalid, ""},
		"another key by that id":        {signed(secondKey(), jose.RS256, "k1"), invalid, "signature"},
		"an unknown key":                {signed(secondKey(), jose.RS256, "k2"), invalid, "verification key"},
		"over":                          {w.token(i, claims{"exp": now.Add(-time.Second).Unix()}), "ExpiredTokenException", "must be before the expiration date/time"},
		"without exp":                   {w.token(i, claims{"exp": nil}), invalid, ""},
		"not yet":                       {w.token(i, claims{"nbf": now.Add(time.Hour).Unix()}), "IDPRejectedClaim", ""},
		"another audience":              {w.token(i, claims{"aud": "evil"}), invalid, "Incorrect token audience"},
		"no audience":                   {w.token(i, claims{"aud": nil}), invalid, "Incorrect token audience"},
		"one of its audiences":          {w.token(i, claims{"aud": []string{"evil", "app"}}), "", ""},
		"azp is no audience":            {w.token(i, claims{"aud": "evil", "azp": "app"}), invalid, "Incorrect token audience"},
		"no subject":                    {w.token(i, claims{"sub": nil}), invalid, "sub and aud"},
		"a subject that is a number":    {w.token(i, claims{"sub": 5}), invalid, ""},
		"an issuer that nobody knows":   {w.token(stranger, nil), invalid, "No OpenIDConnect provider found in your account for " + stranger.url},
		"an issuer with a slash more":   {w.token(i, claims{"iss": i.url + "/"}), invalid, "No OpenIDConnect provider found"},
		"an issuer by another scheme":   {w.token(i, claims{"iss": "https://" + i.name}), invalid, "No OpenIDConnect provider found"},
		"no issuer":                     {w.token(i, claims{"iss": nil}), invalid, "No OpenIDConnect provider found"},
		"of identity pools, unknown":    {w.token(i, claims{"iss": "https://cognito-identity.amazonaws.com"}), invalid, "No OpenIDConnect provider found"},
		"amr that is no list of texts":  {w.token(i, claims{"amr": []any{1}}), invalid, "amr"},
		"tags that are no object":       {w.token(i, claims{"https://aws.amazon.com/tags": "x"}), invalid, "session tags"},
		"a tag with two values":         {w.token(i, claims{"https://aws.amazon.com/tags": claims{"principal_tags": claims{"a": []string{"1", "2"}}}}), invalid, "session tags"},
		"a source identity with blanks": {w.token(i, claims{"https://aws.amazon.com/source_identity": "a b"}), invalid, "Source Identity must match"},
		"a source identity of AWS":      {w.token(i, claims{"https://aws.amazon.com/source_identity": "aws:x"}), invalid, "Source Identity must match"},
		"claims too large to carry":     {w.token(i, claims{"email": noise(6000)}), "PackedPolicyTooLarge", ""},
		"too long":                      {strings.Repeat("a", 20001), "ValidationError", "20000"},
		"too short":                     {"a.b", "ValidationError", ""},
	} {
		_, err := w.web(c.token, role)
		w.said(name, err, c.code, c.text)
		if c.code != "" && c.code != "ValidationError" && strings.Contains(err.Error(), parts[2]) {
			t.Errorf("%s: the refusal has the token in it", name)
		}
	}
	if n := stranger.asked.Load(); n != 0 {
		t.Errorf("an issuer that is not registered was asked %d times", n)
	}
}

// noise does not pack.
func noise(n int) string {
	var b strings.Builder
	for x := uint32(1); b.Len() < n; x = x*1664525 + 1013904223 {
		b.WriteByte('!' + byte(x>>24)%90)
	}
	return b.String()
}

func TestATrustPolicyDecidesAboutWebIdentities(t *testing.T) {
	w := newWorld(t)
	i, second := newIssuer(t), newIssuer(t)
	arn, other := w.register(i.url, "app", "b"), w.register(second.url, "app")
	when := func(key, value string) string { return `{"StringEquals":{"` + key + `":"` + value + `"}}` }
	roles := map[string]string{}
	for name, policy := range map[string]string{
		"any":        webTrust(arn, byWeb, ""),
		"tags":       webTrust(arn, byWebTags, ""),
		"for-bob":    webTrust(arn, byWeb, when(i.name+":sub", "bob")),
		"for-b":      webTrust(arn, byWeb, when(i.name+":aud", "b")),
		"by-other":   webTrust(other, byWeb, ""),
		"by-saml":    webTrust(arn, `"sts:AssumeRoleWithSAML"`, ""),
		"by-aws":     doc(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:*"}`),
		"of-other":   webTrust(arn, byWeb, when(second.name+":sub", "ann")),
		"denied":     doc(`[{"Effect":"Allow","Principal":{"Federated":"` + arn + `"},"Action":"sts:*"},{"Effect":"Deny","Principal":{"Federated":"` + arn + `"},"Action":"sts:*","Condition":{"StringLike":{"` + i.name + `:sub":"a*"}}}]`),
		"for-team":   webTrust(arn, byWebTags, when("aws:RequestTag/team", "pizza")),
		"for-source": webTrust(arn, byWebTags, when("sts:SourceIdentity", "ann")),
	} {
		roles[name] = w.role(name, policy, "")
	}
	tags := claims{"https://aws.amazon.com/tags": claims{"principal_tags": claims{"team": []string{"pizza"}}, "transitive_tag_keys": []string{"team"}}}
	source := claims{"https://aws.amazon.com/source_identity": "ann"}
	for name, c := range map[string]struct {
		role   string
		claims claims
		may    bool
	}{
		"anybody":                         {"any", nil, true},
		"another subject":                 {"for-bob", nil, false},
		"the subject":                     {"for-bob", claims{"sub": "bob"}, true},
		"another client":                  {"for-b", nil, false},
		"the client":                      {"for-b", claims{"aud": "b"}, true},
		"another provider":                {"by-other", nil, false},
		"another way":                     {"by-saml", nil, false},
		"a role for AWS principals":       {"by-aws", nil, false},
		"keys of another provider":        {"of-other", nil, false},
		"denied":                          {"denied", nil, false},
		"not denied":                      {"denied", claims{"sub": "bob"}, true},
		"tags that are not allowed":       {"any", tags, false},
		"tags":                            {"tags", tags, true},
		"tags that are wanted":            {"for-team", tags, true},
		"no tags where they are":          {"for-team", nil, false},
		"a source that is not allowed":    {"any", source, false},
		"a source identity":               {"for-source", source, true},
		"no source where one is wanted":   {"for-source", nil, false},
		"a role that is not there at all": {"", nil, false},
	} {
		role := roles[c.role]
		if c.role == "" {
			role = nobody
		}
		_, err := w.web(w.token(i, c.claims), role)
		if c.may {
			w.refused(name, err, "")
			continue
		}
		w.refused(name, err, "AccessDenied")
		var told interface{ ErrorMessage() string }
		if errors.As(err, &told) && told.ErrorMessage() != "Not authorized to perform sts:AssumeRoleWithWebIdentity" {
			t.Errorf("%s: %s", name, told.ErrorMessage())
		}
	}
	if d := w.last.Load(); d == nil || d.Denied != nil && d.Denied.Principal != arn {
		t.Errorf("the record says %+v", d)
	}
}

func TestTagsAndSourceIdentityOfATokenStayWithTheSession(t *testing.T) {
	w := newWorld(t)
	i := newIssuer(t)
	arn := w.register(i.url, "app")
	may := doc(`[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"pizza","aws:SourceIdentity":"ann"}}},
		{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/shift":"late"}}},
		{"Effect":"Allow","Action":"sts:*","Resource":"*"}]`)
	first := w.role("first", webTrust(arn, byWebTags, ""), may)
	second := w.role("second", doc(`{"Effect":"Allow","Principal":`+wholeAccount+`,"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}`), may)
	for name, given := range map[string]claims{
		"nested": {"https://aws.amazon.com/tags": claims{"principal_tags": claims{"team": []string{"pizza"}, "shift": "late"}, "transitive_tag_keys": []string{"team"}}},
		"flat": {"https://aws.amazon.com/tags/principal_tags/team": "pizza", "https://aws.amazon.com/tags/principal_tags/shift": []string{"late"},
			"https://aws.amazon.com/tags/transitive_tag_keys": []string{"team"}},
	} {
		given["https://aws.amazon.com/source_identity"] = "ann"
		out := done[*sts.AssumeRoleWithWebIdentityOutput](w)(w.web(w.token(i, given), first))
		if out.SourceIdentity == nil || *out.SourceIdentity != "ann" || packedSize(out) == nil {
			t.Errorf("%s: answered %+v", name, out)
		}
		c := temporary(out.Credentials)
		w.refused(name+": the team", w.listUsers(c), "")
		_, err := w.iam(c).ListRoles(t.Context(), &iam.ListRolesInput{})
		w.refused(name+": the shift", err, "")
		_, err = w.assume(c, &sts.AssumeRoleInput{RoleArn: &second, Tags: []types.Tag{{Key: new("team"), Value: new("pasta")}}})
		w.refused(name+": a transitive tag set anew", err, "InvalidParameterValue")
		_, err = w.assume(c, &sts.AssumeRoleInput{RoleArn: &second, SourceIdentity: new("bob")})
		w.refused(name+": another source identity", err, "AccessDenied")
		c = w.assumed(c, &sts.AssumeRoleInput{RoleArn: &second})
		w.refused(name+": what went along", w.listUsers(c), "")
		_, err = w.iam(c).ListRoles(t.Context(), &iam.ListRolesInput{})
		w.refused(name+": what did not", err, "AccessDenied")
	}
	_, err := w.web(w.token(i, claims{"https://aws.amazon.com/tags": claims{"principal_tags": claims{"a": "1"}, "transitive_tag_keys": []string{"b"}}}), first)
	w.refused("a transitive tag without a value", err, "InvalidParameterValue")
	_, err = w.web(w.token(i, claims{"https://aws.amazon.com/tags/principal_tags/a": "1", "https://aws.amazon.com/tags": claims{"principal_tags": claims{"A": "2"}}}), first)
	w.refused("a tag twice", err, "InvalidParameterValue")
}

func TestInputsOfAssumeRoleWithWebIdentity(t *testing.T) {
	w := newWorld(t)
	i := newIssuer(t)
	role := w.role("cook", webTrust(w.register(i.url, "app"), byWeb, ""), "")
	for name, c := range map[string]struct {
		change func(in *sts.AssumeRoleWithWebIdentityInput)
		code   string
	}{
		"a provider id":         {func(in *sts.AssumeRoleWithWebIdentityInput) { in.ProviderId = new("www.amazon.com") }, "ValidationError"},
		"no role's ARN":         {func(in *sts.AssumeRoleWithWebIdentityInput) { in.RoleArn = new("arn:aws:iam::1:user/annnn") }, "ValidationError"},
		"a name with a slash":   {func(in *sts.AssumeRoleWithWebIdentityInput) { in.RoleSessionName = new("a/b") }, "ValidationError"},
		"too short":             {func(in *sts.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = new(int32(899)) }, "ValidationError"},
		"more than the role's":  {func(in *sts.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = new(int32(3601)) }, "ValidationError"},
		"a quarter of an hour":  {func(in *sts.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = new(int32(900)) }, ""},
		"a size of the token":   {func(in *sts.AssumeRoleWithWebIdentityInput) { in.MinimumSessionTokenSize = new(int32(4096)) }, "InvalidParameterValue"},
		"a policy that is none": {func(in *sts.AssumeRoleWithWebIdentityInput) { in.Policy = new("{") }, "MalformedPolicyDocument"},
		"a managed policy's name": {func(in *sts.AssumeRoleWithWebIdentityInput) {
			in.PolicyArns = []types.PolicyDescriptorType{{Arn: new("x")}}
		}, "ValidationError"},
	} {
		in := &sts.AssumeRoleWithWebIdentityInput{RoleArn: &role, RoleSessionName: new("shift"), WebIdentityToken: new(w.token(i, nil))}
		c.change(in)
		_, err := w.sts(aws.Credentials{}).AssumeRoleWithWebIdentity(t.Context(), in)
		w.refused(name, err, c.code)
	}
}

func TestAProviderThatChangesOrGoesIsBelievedNoLonger(t *testing.T) {
	w := newWorld(t)
	i := newIssuer(t)
	arn := w.register(i.url, "app")
	role := w.role("cook", webTrust(arn, byWeb, ""), "")
	token, root := w.token(i, nil), w.iam(w.root)
	done[*sts.AssumeRoleWithWebIdentityOutput](w)(w.web(token, role))
	if _, err := w.account.VerifyOpenID(t.Context(), arn, token); err != nil {
		t.Error(err)
	}
	done[*iam.RemoveClientIDFromOpenIDConnectProviderOutput](w)(root.RemoveClientIDFromOpenIDConnectProvider(t.Context(), &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: new("app")}))
	_, err := w.web(token, role)
	w.said("without its client", err, "InvalidIdentityToken", "Incorrect token audience")
	if _, err := w.account.VerifyOpenID(t.Context(), arn, token); !errors.Is(err, verify.ErrAudience) {
		t.Errorf("verified: %v", err)
	}
	done[*iam.AddClientIDToOpenIDConnectProviderOutput](w)(root.AddClientIDToOpenIDConnectProvider(t.Context(), &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: new("app")}))
	done[*sts.AssumeRoleWithWebIdentityOutput](w)(w.web(token, role))
	if n := i.asked.Load(); n != 2 {
		t.Errorf("the issuer was asked %d times", n)
	}
	done[*iam.DeleteOpenIDConnectProviderOutput](w)(root.DeleteOpenIDConnectProvider(t.Context(), &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn}))
	_, err = w.web(token, role)
	w.said("without its provider", err, "InvalidIdentityToken", "No OpenIDConnect provider found")
	if _, err := w.account.VerifyOpenID(t.Context(), arn, token); !errors.Is(err, account.ErrNoProvider) {
		t.Errorf("verified: %v", err)
	}
}

func TestAnIssuerThatCannotBeReachedIsLeftAloneForAWhile(t *testing.T) {
	w := newWorld(t)
	i := newIssuer(t)
	role := w.role("cook", webTrust(w.register(i.url, "app"), byWeb, ""), "")
	token := w.token(i, nil)
	i.url = "moved" // its document names another issuer
	for range 5 {
		_, err := w.web(token, role)
		w.refused("an issuer that is another", err, "IDPCommunicationError")
	}
	if n := i.asked.Load(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	i.url = i.Server.URL + "/tenant"
	w.clock.Advance(6 * time.Second)
	_, err := w.web(token, role)
	w.refused("once it is back", err, "")
	i.Close()
	w.clock.Advance(30 * time.Minute)
	_, err = w.web(token, role)
	w.refused("by the keys that are known", err, "")
	w.clock.Advance(100 * time.Minute)
	_, err = w.web(w.token(i, nil), role)
	w.refused("when they are too old", err, "IDPCommunicationError")
}

func TestTokensOfThisDeploymentAreProvedWithoutAskingAnybody(t *testing.T) {
	w := newWorld(t)
	const pool, alias = "http://127.0.0.1:1/eu-west-1_Pool", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool"
	const identity = "https://cognito-identity.amazonaws.com"
	w.account.Join(account.Neighbours{Issuers: own{"pool": ownIssuer(w, pool, true, alias), "identity": ownIssuer(w, identity, false)}})
	arn := w.register(alias, "app")
	const name = "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool"
	role := w.role("cook", webTrust(arn, byWeb, `{"StringEquals":{"`+name+`:aud":"app","`+name+`:sub":"ann"}}`), "")
	staff := w.role("staff", webTrust("cognito-identity.amazonaws.com", byWebTags,
		`{"StringEquals":{"cognito-identity.amazonaws.com:aud":"eu-west-1:p"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}`), allow("iam:ListUsers", "*"))
	sign := func(iss string, c claims) string {
		return idToken(t, firstKey(), jose.RS256, "k1", iss, w.clock.Now(), c)
	}
	inPool := func(amr ...string) claims { return claims{"aud": "eu-west-1:p", "amr": amr} }
	const invalid = "InvalidIdentityToken"
	for what, c := range map[string]struct{ token, role, code string }{
		"an ID token":                        {sign(pool, claims{"token_use": "id"}), role, ""},
		"an access token":                    {sign(pool, claims{"token_use": "access", "client_id": "app"}), role, invalid},
		"of another client":                  {sign(pool, claims{"token_use": "id", "aud": "app2"}), role, invalid},
		"by the alias as its issuer":         {sign(alias, claims{"token_use": "id"}), role, invalid},
		"by another key":                     {idToken(t, secondKey(), jose.RS256, "k1", pool, w.clock.Now(), claims{"token_use": "id"}), role, invalid},
		"of an identity pool":                {sign(identity, inPool("authenticated", "cognito-idp")), staff, ""},
		"of a guest":                         {sign(identity, inPool("unauthenticated")), staff, "AccessDenied"},
		"of another identity pool":           {sign(identity, claims{"aud": "eu-west-1:q", "amr": []string{"authenticated"}}), staff, "AccessDenied"},
		"of an identity pool, by a user's":   {sign(identity, inPool("authenticated")), role, "AccessDenied"},
		"of a user pool, by an identity's":   {sign(pool, claims{"token_use": "id", "aud": "app", "amr": []string{"authenticated"}}), staff, "AccessDenied"},
		"of an identity pool by another key": {idToken(t, secondKey(), jose.RS256, "k1", identity, w.clock.Now(), inPool("authenticated")), staff, invalid},
	} {
		out, err := w.web(c.token, c.role)
		w.refused(what, err, c.code)
		if err == nil && c.role == staff {
			if *out.Provider != "cognito-identity.amazonaws.com" || *out.Audience != "eu-west-1:p" {
				t.Errorf("%s: answered %+v", what, out)
			}
			w.refused(what+": its rights", w.listUsers(temporary(out.Credentials)), "")
		}
	}
	if _, err := w.account.VerifyOpenID(t.Context(), arn, sign(pool, claims{"token_use": "id"})); err != nil {
		t.Error(err)
	}
}
