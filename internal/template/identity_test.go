package template

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

const identities = `
Resources:
  People: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: people}}
  App: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref People}}
  Pool:
    Type: AWS::Cognito::IdentityPool
    Properties:
      IdentityPoolName: shop
      AllowUnauthenticatedIdentities: false
      CognitoIdentityProviders: [{ProviderName: !GetAtt People.ProviderName, ClientId: !Ref App, ServerSideTokenCheck: true}]
      IdentityPoolTags: [{Key: team, Value: shop}]
      SupportedLoginProviders: {graph.facebook.com: "1234567890"}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: {Effect: Allow, Principal: {Federated: cognito-identity.amazonaws.com}, Action: "sts:AssumeRoleWithWebIdentity", Condition: {StringEquals: {"cognito-identity.amazonaws.com:aud": !Ref Pool}}}
  Staff: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref People, GroupName: staff, Description: all, RoleArn: !GetAtt Role.Arn}}
  Roles:
    Type: AWS::Cognito::IdentityPoolRoleAttachment
    Properties:
      IdentityPoolId: !Ref Pool
      Roles: {authenticated: !GetAtt Role.Arn}
      RoleMappings:
        People: {IdentityProvider: !Sub "${People.ProviderName}:${App}", Type: Token, AmbiguousRoleResolution: Deny}
        graph.facebook.com: {Type: Rules, AmbiguousRoleResolution: Deny, RulesConfiguration: {Rules: [{Claim: sub, MatchType: Equals, Value: x, RoleARN: !GetAtt Role.Arn}]}}
  Tags: {Type: AWS::Cognito::IdentityPoolPrincipalTag, Properties: {IdentityPoolId: !Ref Pool, IdentityProviderName: !GetAtt People.ProviderName, Tags: {user: sub}}}
Outputs: {Id: {Value: !Ref Pool}, Name: {Value: !GetAtt Pool.Name}}
`

func TestAnIdentityPoolComesWithItsRolesAndGoes(t *testing.T) {
	d, _ := services(t)
	a := d.Operations.(withIdentities).identities
	o := deployed(t, d, identities)
	out := outputsOf(o)
	if out["Name"] != "shop" || !strings.HasPrefix(out["Id"], "us-east-1:") {
		t.Errorf("outputs %v", out)
	}
	people, app, role := rowOf(t, d, "People"), rowOf(t, d, "App").PhysicalID, rowOf(t, d, "Role").Attributes["Arn"]
	provider := "cognito-idp.us-east-1.amazonaws.com/" + people.PhysicalID
	made := a.inputs["CreateIdentityPool"].(*cognitoidentity.CreateIdentityPoolInput)
	if p := made.CognitoIdentityProviders; len(p) != 1 || *p[0].ProviderName != provider || *p[0].ClientId != app || !*p[0].ServerSideTokenCheck || made.IdentityPoolTags["team"] != "shop" {
		t.Errorf("made with %+v", made)
	}
	set := a.inputs["SetIdentityPoolRoles"].(*cognitoidentity.SetIdentityPoolRolesInput)
	token, rules := set.RoleMappings[provider+":"+app], set.RoleMappings["graph.facebook.com"]
	if *set.IdentityPoolId != out["Id"] || set.Roles["authenticated"] != role || token.Type != "Token" || token.AmbiguousRoleResolution != "Deny" || len(set.RoleMappings) != 2 {
		t.Errorf("roles %+v", set)
	}
	if r := rules.RulesConfiguration.Rules; len(r) != 1 || *r[0].RoleARN != role || r[0].MatchType != "Equals" {
		t.Errorf("rules %+v", rules)
	}
	tags := a.inputs["SetPrincipalTagAttributeMap"].(*cognitoidentity.SetPrincipalTagAttributeMapInput)
	if *tags.IdentityProviderName != provider || tags.PrincipalTags["user"] != "sub" || *tags.UseDefaults {
		t.Errorf("tags %+v", tags)
	}
	if again := deployed(t, d, identities); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	o = deployed(t, d, changed(t, identities, "AllowUnauthenticatedIdentities: false", "AllowUnauthenticatedIdentities: true", ", Tags: {user: sub}", ", UseDefaults: true", "Roles: {authenticated: !GetAtt Role.Arn}", "Roles: {}"))
	if outputsOf(o)["Id"] != out["Id"] || len(o.Changes) != 3 {
		t.Errorf("changes %+v", o.Changes)
	}
	tags, set = a.inputs["SetPrincipalTagAttributeMap"].(*cognitoidentity.SetPrincipalTagAttributeMapInput), a.inputs["SetIdentityPoolRoles"].(*cognitoidentity.SetIdentityPoolRolesInput)
	if !*tags.UseDefaults || len(tags.PrincipalTags) > 0 || len(set.Roles) > 0 {
		t.Errorf("tags %+v, roles %+v", tags, set)
	}
	deployed(t, d, "Resources: {Other: {Type: AWS::Cognito::UserPool}}")
	if have := a.has("identity"); len(have) > 0 {
		t.Errorf("left behind: %v", have)
	}
}

func TestTheServiceTakesIdentityPools(t *testing.T) {
	d, api := services(t)
	d.Operations = api
	ctx, r := context.Background(), &deploy{Deployer: d}
	id := outputsOf(deployed(t, d, identities))["Id"]
	roles, err := invoke[cognitoidentity.GetIdentityPoolRolesOutput](ctx, r, cognitoIdentity, "GetIdentityPoolRoles", &cognitoidentity.GetIdentityPoolRolesInput{IdentityPoolId: &id})
	must(t, err)
	if len(roles.Roles) != 1 || len(roles.RoleMappings) != 2 {
		t.Errorf("roles %+v", roles)
	}
	if again := deployed(t, d, identities); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	o := deployed(t, d, changed(t, identities, "AllowUnauthenticatedIdentities: false", "AllowUnauthenticatedIdentities: true", ", Tags: {user: sub}", ", UseDefaults: true",
		"Roles: {authenticated: !GetAtt Role.Arn}", "Roles: {}", "IdentityPoolTags: [{Key: team, Value: shop}]", "IdentityPoolTags: []", "IdentityPoolName: shop", "IdentityPoolName: store"))
	pool, err := invoke[cognitoidentity.DescribeIdentityPoolOutput](ctx, r, cognitoIdentity, "DescribeIdentityPool", &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: &id})
	must(t, err)
	if outputsOf(o)["Id"] != id || *pool.IdentityPoolName != "store" || !pool.AllowUnauthenticatedIdentities || len(pool.CognitoIdentityProviders) != 1 || len(pool.IdentityPoolTags) > 0 {
		t.Errorf("the pool is %+v", pool)
	}
	without := identities[:strings.Index(identities, "  Roles:\n")]
	deployed(t, d, without)
	roles, err = invoke[cognitoidentity.GetIdentityPoolRolesOutput](ctx, r, cognitoIdentity, "GetIdentityPoolRoles", &cognitoidentity.GetIdentityPoolRolesInput{IdentityPoolId: &id})
	must(t, err)
	if len(roles.Roles) > 0 || len(roles.RoleMappings) > 0 {
		t.Errorf("roles %+v have stayed", roles)
	}
	deployed(t, d, "Resources: {Other: {Type: AWS::Cognito::UserPool}}")
	if ids, err := (&work{deploy: r}).identityPools(ctx, "shop"); err != nil || len(ids) > 0 {
		t.Errorf("left behind: %v, %v", ids, err)
	}
}

func TestAGroupLosesTheRoleThatLeavesTheTemplate(t *testing.T) {
	d, _ := services(t)
	deployed(t, d, identities)
	source := changed(t, identities, ", Description: all, RoleArn: !GetAtt Role.Arn", "")
	deployed(t, d, source)
	group, err := invoke[cognito.GetGroupOutput](context.Background(), &deploy{Deployer: d}, cognitoIDP, "GetGroup",
		&cognito.GetGroupInput{UserPoolId: &rowOf(t, d, "People").PhysicalID, GroupName: aws.String("staff")})
	must(t, err)
	if aws.ToString(group.Group.RoleArn) != "" || aws.ToString(group.Group.Description) != "" {
		t.Errorf("the group still has %s, %s", aws.ToString(group.Group.RoleArn), aws.ToString(group.Group.Description))
	}
	if again := deployed(t, d, source); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
}

// A pool does not tell who made it: one of the same name that somebody else has
// made must survive every kill.
func TestForeignIdentityPoolsSurviveAKill(t *testing.T) {
	for k := 0; ; k += 2 {
		d, _ := services(t)
		all := d.Operations.(withIdentities)
		foreign, err := all.identities.Call(context.Background(), d.Call(), cognitoIdentity, "CreateIdentityPool", &cognitoidentity.CreateIdentityPoolInput{IdentityPoolName: aws.String("shop")})
		must(t, err)
		done := deployedOrKilled(t, d, identities, k+1)
		deployed(t, d, identities)
		pools := slices.DeleteFunc(all.identities.has("identity"), func(key string) bool { return !strings.HasPrefix(key, "pool ") })
		if id := *foreign.(*cognitoidentity.CreateIdentityPoolOutput).IdentityPoolId; len(pools) != 2 || !slices.Contains(pools, "pool "+id) {
			t.Errorf("killed after call %d: %v; want that of somebody else, %s, and one more", k, pools, id)
		}
		if done {
			return
		}
	}
}

func TestIdentityPoolsThatAreRefused(t *testing.T) {
	tests := []struct{ name, from, to, want string }{
		{"two sets of roles", "  Tags: {", "  More: {Type: AWS::Cognito::IdentityPoolRoleAttachment, Properties: {IdentityPoolId: !Ref Pool, Roles: {}}}\n  Tags: {", "Roles of this stack has that name already"},
		{"one provider twice", "        People: {IdentityProvider:", "        Again: {IdentityProvider: !Sub \"${People.ProviderName}:${App}\", Type: Token}\n        People: {IdentityProvider:", "RoleMappings has two entries for the identity provider cognito-idp.us-east-1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, _ := services(t)
			_, err := d.Deploy(context.Background(), parsed(t, changed(t, identities, test.from, test.to), nil))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v; want %q", err, test.want)
			}
			if have := d.Operations.(withIdentities).identities.has("identity"); len(have) > 0 {
				t.Errorf("left behind: %v", have)
			}
		})
	}
	for _, test := range []struct{ from, to, want string }{
		{"Type: Token,", "Type: Tokens,", `Type cannot be "Tokens"`},
		{"MatchType: Equals", "MatchType: Like", `MatchType cannot be "Like"`},
		{"{authenticated: ", "{authentic: ", `unknown property "authentic"`},
		{"      AllowUnauthenticatedIdentities: false\n", "", `needs the property "AllowUnauthenticatedIdentities"`},
	} {
		if got := strings.Join(refusals(t, changed(t, identities, test.from, test.to), nil), "\n"); !strings.Contains(got, test.want) {
			t.Errorf("%s: %s", test.to, got)
		}
	}
}

const signedRoutes = samFunctionText + `
      Events:
        Menu: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /menu, Method: get}}
        Open: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /open, Method: get, Auth: {Authorizer: NONE}}}
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: Prod, Auth: {DefaultAuthorizer: AWS_IAM, InvokeRole: NONE}}}
`

func TestRoutesForSignedRequests(t *testing.T) {
	for name, source := range map[string]string{
		"by default":   signedRoutes,
		"by the route": changed(t, signedRoutes, "DefaultAuthorizer: AWS_IAM, InvokeRole: NONE", "AddDefaultAuthorizerToCorsPreflight: true", "Path: /menu, Method: get}", "Path: /menu, Method: get, Auth: {Authorizer: AWS_IAM, InvokeRole: NONE}}"),
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := services(t)
			routes := deployed(t, d, source).APIs[0].Routes
			if len(routes) != 2 || routes[0].Authorizer != "AWS_IAM" || !routes[0].Signed || routes[1].Authorizer != "" || routes[1].Signed {
				t.Errorf("routes %+v", routes)
			}
			if again := deployed(t, d, source); len(again.Changes) > 0 {
				t.Errorf("a second deploy changes %+v", again.Changes)
			}
		})
	}
}

func TestTheShopDeploys(t *testing.T) {
	d, api := services(t)
	d.Operations = api
	tmpl, err := Load(filepath.Join("..", "..", "examples", "shop", "template.yaml"), Settings{Region: "us-east-1", Account: "000000000000", Stack: "shop"})
	must(t, err)
	if len(tmpl.Notes()) > 0 {
		t.Errorf("notes %v", tmpl.Notes())
	}
	o, err := d.Deploy(context.Background(), tmpl)
	must(t, err)
	for _, r := range o.APIs[0].Routes {
		if !r.Signed {
			t.Errorf("%s %s is %+v", r.Method, r.Path, r)
		}
	}
	if u := o.Pools[0].Users; len(u) != 2 || u[0].Password == nil || u[1].Password == nil {
		t.Errorf("users %+v", u)
	}
	if again, err := d.Deploy(context.Background(), tmpl); err != nil || len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %v, %v", again, err)
	}
}
