package identitypool_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func TestAPoolIsShownAsItWasMade(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		in := &ci.CreateIdentityPoolInput{
			IdentityPoolName: aws.String("My shop"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: aws.Bool(true), DeveloperProviderName: aws.String("login.shop"),
			CognitoIdentityProviders:  []types.CognitoIdentityProvider{{ProviderName: aws.String(key(poolA)), ClientId: aws.String(clientID), ServerSideTokenCheck: aws.Bool(true)}},
			OpenIdConnectProviderARNs: []string{openID}, SamlProviderARNs: []string{saml},
			SupportedLoginProviders: map[string]string{google: "google-client"}, IdentityPoolTags: map[string]string{"team": "blue"},
		}
		made := must(w.CreateIdentityPool(t.Context(), in))(t)
		if *made.IdentityPoolName != "My shop" || !made.AllowUnauthenticatedIdentities || !*made.AllowClassicFlow || *made.DeveloperProviderName != "login.shop" ||
			!*made.CognitoIdentityProviders[0].ServerSideTokenCheck || made.SamlProviderARNs[0] != saml || made.IdentityPoolTags["team"] != "blue" {
			t.Errorf("made %+v", made)
		}
		shown := must(w.DescribeIdentityPool(t.Context(), &ci.DescribeIdentityPoolInput{IdentityPoolId: made.IdentityPoolId}))(t)
		shown.ResultMetadata = made.ResultMetadata
		if got := ci.CreateIdentityPoolOutput(*shown); !reflect.DeepEqual(&got, made) {
			t.Errorf("made %+v\nshown %+v", made, got)
		}
		// An update leaves nothing of what it does not say, but for tags and the developer provider.
		updated := must(w.UpdateIdentityPool(t.Context(), &ci.UpdateIdentityPoolInput{IdentityPoolId: made.IdentityPoolId, IdentityPoolName: aws.String("Other")}))(t)
		if *updated.IdentityPoolName != "Other" || updated.AllowUnauthenticatedIdentities || *updated.AllowClassicFlow || len(updated.CognitoIdentityProviders) != 0 ||
			len(updated.SupportedLoginProviders) != 0 || updated.IdentityPoolTags["team"] != "blue" || *updated.DeveloperProviderName != "login.shop" {
			t.Errorf("updated %+v", updated)
		}
		_, err := w.UpdateIdentityPool(t.Context(), &ci.UpdateIdentityPoolInput{IdentityPoolId: made.IdentityPoolId, IdentityPoolName: aws.String("Other"), DeveloperProviderName: aws.String("login.other")})
		refused(t, err, "InvalidParameterException", "The developer provider name cannot be changed once it is set.")

		id := w.id(w.pool(nil), w.login("ann"))
		must(w.DeleteIdentityPool(t.Context(), &ci.DeleteIdentityPoolInput{IdentityPoolId: made.IdentityPoolId}))(t)
		_, err = w.DescribeIdentityPool(t.Context(), &ci.DescribeIdentityPoolInput{IdentityPoolId: made.IdentityPoolId})
		refused(t, err, "ResourceNotFoundException", "IdentityPool '"+*made.IdentityPoolId+"' not found.")
		if got := w.logins(id); len(got) != 1 {
			t.Error("deleting one pool has emptied another")
		}
	})
}

func TestBoundsOfAPool(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string]func(*ci.CreateIdentityPoolInput){
		"no name":                 func(in *ci.CreateIdentityPoolInput) { in.IdentityPoolName = aws.String("") },
		"129 characters":          func(in *ci.CreateIdentityPoolInput) { in.IdentityPoolName = aws.String(strings.Repeat("a", 129)) },
		"a name with a slash":     func(in *ci.CreateIdentityPoolInput) { in.IdentityPoolName = aws.String("a/b") },
		"a provider with a blank": func(in *ci.CreateIdentityPoolInput) { in.CognitoIdentityProviders[0].ProviderName = aws.String("a b") },
		"a client with a blank":   func(in *ci.CreateIdentityPoolInput) { in.CognitoIdentityProviders[0].ClientId = aws.String("a b") },
		"a provider twice":        func(in *ci.CreateIdentityPoolInput) { in.CognitoIdentityProviders[1] = in.CognitoIdentityProviders[0] },
		"51 user pools": func(in *ci.CreateIdentityPoolInput) {
			in.CognitoIdentityProviders = make([]types.CognitoIdentityProvider, 51)
		},
		"no ARN of a provider": func(in *ci.CreateIdentityPoolInput) {
			in.OpenIdConnectProviderARNs = []string{"https://idp.example/shop"}
		},
		"no ARN of a SAML provider":                    func(in *ci.CreateIdentityPoolInput) { in.SamlProviderARNs = []string{"office"} },
		"a developer provider with a slash":            func(in *ci.CreateIdentityPoolInput) { in.DeveloperProviderName = aws.String("a/b") },
		"a developer provider that would be everybody": func(in *ci.CreateIdentityPoolInput) { in.DeveloperProviderName = aws.String("authenticated") },
		"a developer provider that would be guests":    func(in *ci.CreateIdentityPoolInput) { in.DeveloperProviderName = aws.String("unauthenticated") },
		"a developer provider that is this service":    func(in *ci.CreateIdentityPoolInput) { in.DeveloperProviderName = aws.String(service) },
		"a developer provider that is Google":          func(in *ci.CreateIdentityPoolInput) { in.DeveloperProviderName = aws.String(google) },
		"a developer provider that is an OpenID provider": func(in *ci.CreateIdentityPoolInput) {
			in.DeveloperProviderName, in.OpenIdConnectProviderARNs = aws.String("idp.example"), []string{"arn:aws:iam::" + number + ":oidc-provider/idp.example"}
		},
		"a tag twice, in other letters": func(in *ci.CreateIdentityPoolInput) {
			in.IdentityPoolTags = map[string]string{"team": "a", "Team": "b"}
		},
		"a tag of AWS's own": func(in *ci.CreateIdentityPoolInput) { in.IdentityPoolTags = map[string]string{"aws:x": "y"} },
		"11 public providers": func(in *ci.CreateIdentityPoolInput) {
			in.SupportedLoginProviders = map[string]string{}
			for i := range 11 {
				in.SupportedLoginProviders[fmt.Sprint("p", i)] = "x"
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := &ci.CreateIdentityPoolInput{IdentityPoolName: aws.String("shop"), SupportedLoginProviders: map[string]string{google: "x"}, CognitoIdentityProviders: []types.CognitoIdentityProvider{
				{ProviderName: aws.String(key(poolA)), ClientId: aws.String(clientID)}, {ProviderName: aws.String(key(poolB)), ClientId: aws.String(clientID)},
			}}
			change(in)
			_, err := w.CreateIdentityPool(t.Context(), in)
			refused(t, err, "InvalidParameterException", "")
		})
	}
}

// The developer's word must never pass for another provider's proof, nor the
// other way round: not by an update either, which keeps the developer's name.
func TestTheDevelopersNameIsNobodyElses(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	for name, in := range map[string]*ci.UpdateIdentityPoolInput{
		"a public provider":  {SupportedLoginProviders: map[string]string{"login.shop": "x"}},
		"an OpenID provider": {OpenIdConnectProviderARNs: []string{"arn:aws:iam::" + number + ":oidc-provider/login.shop"}},
		"a user pool":        {CognitoIdentityProviders: []types.CognitoIdentityProvider{{ProviderName: aws.String("login.shop"), ClientId: aws.String(clientID)}}},
	} {
		in.IdentityPoolId, in.IdentityPoolName = &pool, aws.String("shop")
		_, err := w.UpdateIdentityPool(t.Context(), in)
		t.Run(name, func(t *testing.T) {
			refused(t, err, "InvalidParameterException", "The developer provider name login.shop is taken.")
		})
	}
}

func TestListsComeInPages(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	for range 5 {
		w.pool(nil)
		w.id(pool, nil)
	}
	w.id(pool, w.login("ann"))
	seen, logins := map[string]bool{}, 0
	in := &ci.ListIdentitiesInput{IdentityPoolId: &pool, MaxResults: aws.Int32(4)}
	for {
		out := must(w.ListIdentities(t.Context(), in))(t)
		for _, i := range out.Identities {
			seen[*i.IdentityId] = true
			logins += len(i.Logins)
		}
		if in.NextToken = out.NextToken; out.NextToken == nil {
			break
		}
	}
	if len(seen) != 6 || logins != 1 {
		t.Errorf("%d identities with %d logins", len(seen), logins)
	}
	first := must(w.ListIdentityPools(t.Context(), &ci.ListIdentityPoolsInput{MaxResults: aws.Int32(4)}))(t)
	rest := must(w.ListIdentityPools(t.Context(), &ci.ListIdentityPoolsInput{MaxResults: aws.Int32(4), NextToken: first.NextToken}))(t)
	if len(first.IdentityPools) != 4 || len(rest.IdentityPools) != 2 || rest.NextToken != nil {
		t.Errorf("pages of %d and %d", len(first.IdentityPools), len(rest.IdentityPools))
	}
	in.NextToken = first.NextToken
	_, err := w.ListIdentities(t.Context(), in)
	refused(t, err, "InvalidParameterException", "Invalid pagination token.")
	for _, n := range []int32{0, 61} {
		_, err := w.ListIdentityPools(t.Context(), &ci.ListIdentityPoolsInput{MaxResults: &n})
		refused(t, err, "InvalidParameterException", "")
	}
}

func TestDeletingIdentities(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	ann, gone := w.id(pool, w.login("ann")), region+":00000000-0000-0000-0000-000000000000"
	out := must(w.DeleteIdentities(t.Context(), &ci.DeleteIdentitiesInput{IdentityIdsToDelete: []string{ann, gone}}))(t)
	if len(out.UnprocessedIdentityIds) != 1 || *out.UnprocessedIdentityIds[0].IdentityId != gone {
		t.Errorf("unprocessed: %v", out.UnprocessedIdentityIds)
	}
	_, err := w.DescribeIdentity(t.Context(), &ci.DescribeIdentityInput{IdentityId: &ann})
	refused(t, err, "ResourceNotFoundException", "Identity '"+ann+"' not found.")
	_, err = w.get(ann, w.login("ann"))
	refused(t, err, "ResourceNotFoundException", "Identity '"+ann+"' not found.")
	if w.id(pool, w.login("ann")) == ann {
		t.Error("a deleted identity came back")
	}
}

// Administrators need permission on the pool; its tags and those of the request count.
func TestPermissionsOnAPool(t *testing.T) {
	w := newWorld(t)
	blue := w.pool(func(in *ci.CreateIdentityPoolInput) { in.IdentityPoolTags = map[string]string{"Team": "blue"} })
	red := w.pool(func(in *ci.CreateIdentityPoolInput) { in.IdentityPoolTags = map[string]string{"Team": "red"} })
	role := w.role("member", blue, "authenticated")
	arn := func(id string) string {
		return "arn:aws:cognito-identity:" + region + ":" + number + ":identitypool/" + id
	}
	must(w.iam().CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("op")}))(t)
	must(w.iam().PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String("op"), PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"cognito-identity:*","Resource":"arn:aws:cognito-identity:*:*:identitypool/*","Condition":{"StringEquals":{"aws:ResourceTag/team":"blue"}}},
		{"Effect":"Deny","Action":"cognito-identity:UntagResource","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"Team"}}},
		{"Effect":"Allow","Action":"cognito-identity:CreateIdentityPool","Resource":"*","Condition":{"StringEquals":{"aws:RequestTag/team":"blue"}}}]}`)}))(t)
	k := must(w.iam().CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("op")}))(t).AccessKey
	op := w.as(aws.Credentials{AccessKeyID: *k.AccessKeyId, SecretAccessKey: *k.SecretAccessKey})
	describe := func(id string) error {
		_, err := op.DescribeIdentityPool(t.Context(), &ci.DescribeIdentityPoolInput{IdentityPoolId: &id})
		return err
	}
	create := func(team string) error {
		_, err := op.CreateIdentityPool(t.Context(), &ci.CreateIdentityPoolInput{IdentityPoolName: aws.String("x"), IdentityPoolTags: map[string]string{"team": team}})
		return err
	}
	set := func() error {
		_, err := op.SetIdentityPoolRoles(t.Context(), &ci.SetIdentityPoolRolesInput{IdentityPoolId: &blue, Roles: map[string]string{"authenticated": role}})
		return err
	}
	untag := func(id, key string) error {
		_, err := op.UntagResource(t.Context(), &ci.UntagResourceInput{ResourceArn: aws.String(arn(id)), TagKeys: []string{key}})
		return err
	}
	for name, err := range map[string]error{"its own": describe(blue), "a new one": create("blue"), "untag": untag(blue, "other")} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	const denied = "AccessDeniedException"
	refused(t, describe(red), denied, "User: arn:aws:iam::"+number+":user/op is not authorized to perform: cognito-identity:DescribeIdentityPool on resource: "+arn(red)+
		" because no identity-based policy allows the cognito-identity:DescribeIdentityPool action")
	refused(t, describe(region+":00000000-0000-0000-0000-000000000000"), denied, "")
	refused(t, create("red"), denied, "")
	refused(t, untag(blue, "Team"), denied, "")
	refused(t, untag(red, "other"), denied, "")
	refused(t, set(), denied, "User: arn:aws:iam::"+number+":user/op is not authorized to perform: iam:PassRole on resource: "+role+
		" because no identity-based policy allows the iam:PassRole action")
	must(w.iam().PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: aws.String("op"), PolicyName: aws.String("pass"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"cognito-identity.amazonaws.com"}}}}`)}))(t)
	if err := set(); err != nil {
		t.Error(err)
	}
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	arn := aws.String("arn:aws:cognito-identity:" + region + ":" + number + ":identitypool/" + w.pool(nil))
	must(w.TagResource(t.Context(), &ci.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "1", "b": "2"}}))(t)
	must(w.TagResource(t.Context(), &ci.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "3"}}))(t)
	must(w.UntagResource(t.Context(), &ci.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"b", "c"}}))(t)
	if got := must(w.ListTagsForResource(t.Context(), &ci.ListTagsForResourceInput{ResourceArn: arn}))(t).Tags; !reflect.DeepEqual(got, map[string]string{"a": "3"}) {
		t.Errorf("tags are %v", got)
	}
	many := map[string]string{}
	for i := range 50 {
		many[fmt.Sprint("k", i)] = ""
	}
	_, err := w.TagResource(t.Context(), &ci.TagResourceInput{ResourceArn: arn, Tags: many})
	refused(t, err, "InvalidParameterException", "A resource has at most 50 tags.")
	for _, other := range []string{"x", strings.Replace(*arn, number, "999999999999", 1), strings.Replace(*arn, "identitypool", "userpool", 1)} {
		_, err := w.ListTagsForResource(t.Context(), &ci.ListTagsForResourceInput{ResourceArn: &other})
		refused(t, err, "InvalidParameterException", "")
	}
	_, err = w.ListTagsForResource(t.Context(), &ci.ListTagsForResourceInput{ResourceArn: aws.String(strings.Replace(*arn, region, "us-east-1", 1))})
	refused(t, err, "ResourceNotFoundException", "")
}
