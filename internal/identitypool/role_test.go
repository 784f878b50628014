package identitypool_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
)

func TestTheRoleThatAMappingChooses(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	arn := map[string]string{}
	for _, name := range []string{"cook", "waiter", "boss", "stranger"} {
		arn[name] = w.role(name, pool, "authenticated")
	}
	rule := func(claim string, match types.MappingRuleMatchType, value, role string) types.MappingRule {
		return types.MappingRule{Claim: &claim, MatchType: match, Value: &value, RoleARN: aws.String(arn[role])}
	}
	either := types.AmbiguousRoleResolutionTypeAuthenticatedRole
	w.withRoles(pool, map[string]types.RoleMapping{
		key(poolA) + ":" + clientID: {Type: types.RoleMappingTypeToken, AmbiguousRoleResolution: either},
		key(poolB) + ":" + clientID: {Type: types.RoleMappingTypeRules, AmbiguousRoleResolution: either, RulesConfiguration: &types.RulesConfigurationType{Rules: []types.MappingRule{
			rule("email", "Equals", "boss@shop.example", "boss"),
			rule("cognito:groups", "Contains", "cooks", "cook"),
			rule("nickname", "Contains", "wait", "waiter"),
			rule("email", "StartsWith", "b.", "waiter"),
			rule("email_verified", "Equals", "false", "stranger"),
			rule("country", "NotEqual", "it", "stranger"),
		}}},
		saml: {Type: types.RoleMappingTypeRules, AmbiguousRoleResolution: either, RulesConfiguration: &types.RulesConfigurationType{Rules: []types.MappingRule{
			rule("role", "Equals", "cook", "cook"),
		}}},
	})
	byToken := func(changes ...any) map[string]string { return w.login("ann", changes...) }
	byRule := func(changes ...any) map[string]string {
		return map[string]string{key(poolB): w.idToken(poolB, "ann", changes...)}
	}
	for name, c := range map[string]struct {
		logins map[string]string
		custom string
		role   string
	}{
		"the preferred role":                     {byToken("cognito:roles", []string{arn["cook"], arn["boss"]}, "cognito:preferred_role", arn["boss"]), "", "boss"},
		"the only role":                          {byToken("cognito:roles", []string{arn["cook"]}), "", "cook"},
		"the chosen one of several":              {byToken("cognito:roles", []string{arn["cook"], arn["boss"]}), arn["cook"], "cook"},
		"the chosen one, not the preferred":      {byToken("cognito:roles", []string{arn["cook"], arn["boss"]}, "cognito:preferred_role", arn["boss"]), arn["cook"], "cook"},
		"the one that an attribute wishes":       {byToken("cognito:roles", []string{arn["cook"], arn["boss"]}, "cognito:preferred_role", arn["boss"], "custom:roleArn", arn["cook"]), "", "cook"},
		"an attribute wishes for another role":   {byToken("cognito:roles", []string{arn["cook"]}, "custom:roleArn", arn["boss"]), "", "cook"},
		"several, none preferred":                {byToken("cognito:roles", []string{arn["cook"], arn["boss"]}), "", "member"},
		"none":                                   {byToken(), "", "member"},
		"roles that are no list of texts":        {byToken("cognito:roles", []any{arn["cook"], 1}), "", "member"},
		"Equals":                                 {byRule("email", "boss@shop.example"), "", "boss"},
		"Equals is exact":                        {byRule("email", "BOSS@shop.example"), "", "member"},
		"Equals, on a truth value":               {byRule("email_verified", false), "", "stranger"},
		"the first rule that matches":            {byRule("email", "boss@shop.example", "nickname", "waiter"), "", "boss"},
		"a later one that was chosen":            {byRule("email", "boss@shop.example", "nickname", "waiter"), arn["waiter"], "waiter"},
		"Contains, in a list":                    {byRule("cognito:groups", []string{"staff", "cooks"}), "", "cook"},
		"Contains, not a part of a list's entry": {byRule("cognito:groups", []string{"staff", "pastrycooks"}), "", "member"},
		"Contains, not a part of its only entry": {byRule("cognito:groups", []string{"pastrycooks"}), "", "member"},
		"Contains, in a list of one":             {byRule("cognito:groups", []string{"cooks"}), "", "cook"},
		"Contains, in a text":                    {byRule("nickname", "the waiter"), "", "waiter"},
		"StartsWith":                             {byRule("email", "b.ann@shop.example"), "", "waiter"},
		"NotEqual":                               {byRule("country", "fr"), "", "stranger"},
		"NotEqual, and it is equal":              {byRule("country", "it"), "", "member"},
		"NotEqual, and there is no such claim":   {byRule(), "", "member"},
		"an object is no value":                  {byRule("country", map[string]any{"a": 1}), "", "member"},
		"an attribute of an assertion":           {map[string]string{saml: "ann;cook"}, "", "cook"},
		"another attribute of an assertion":      {map[string]string{saml: "ann;guest"}, "", "member"},
		"a provider without mapping":             {map[string]string{google: w.openIDToken("https://accounts.google.com", "google-client", "ann")}, "", "member"},
		"a mapping beats a login without one":    {with(map[string]string{google: w.openIDToken("https://accounts.google.com", "google-client", "ann2")}, map[string]string{saml: "ann2;cook"}), "", "cook"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &ci.GetCredentialsForIdentityInput{IdentityId: aws.String(w.id(pool, c.logins)), Logins: c.logins}
			if c.custom != "" {
				in.CustomRoleArn = &c.custom
			}
			out := must(w.GetCredentialsForIdentity(t.Context(), in))(t)
			if got := w.whoami(out.Credentials); got != session(c.role) {
				t.Errorf("%s, want %s", got, c.role)
			}
		})
	}
}

func TestRolesAndMappingsAreHeldToAWSsRules(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	member := w.role("member", pool, "authenticated")
	deny := types.AmbiguousRoleResolutionTypeDeny
	rules := func(n int, change func(*types.MappingRule)) *types.RulesConfigurationType {
		r := types.MappingRule{Claim: aws.String("email"), MatchType: "Equals", Value: aws.String("x"), RoleARN: &member}
		if change != nil {
			change(&r)
		}
		list := make([]types.MappingRule, n)
		for i := range list {
			list[i] = r
		}
		return &types.RulesConfigurationType{Rules: list}
	}
	mapped := func(m types.RoleMapping) map[string]types.RoleMapping {
		return map[string]types.RoleMapping{google: m}
	}
	for name, c := range map[string]struct {
		roles    map[string]string
		mappings map[string]types.RoleMapping
		code     string
	}{
		"neither kind of role":         {map[string]string{"anybody": member}, nil, "InvalidParameterException"},
		"no ARN":                       {map[string]string{"authenticated": "member"}, nil, "InvalidParameterException"},
		"another account's role":       {map[string]string{"authenticated": "arn:aws:iam::999999999999:role/member"}, nil, "AccessDeniedException"},
		"another account's in a rule":  {nil, mapped(types.RoleMapping{Type: "Rules", AmbiguousRoleResolution: deny, RulesConfiguration: rules(1, func(r *types.MappingRule) { r.RoleARN = aws.String("arn:aws:iam::999999999999:role/x") })}), "AccessDeniedException"},
		"a provider that is not there": {nil, map[string]types.RoleMapping{"example.com": {Type: "Token", AmbiguousRoleResolution: deny}}, "InvalidParameterException"},
		"a user pool without client":   {nil, map[string]types.RoleMapping{key(poolA): {Type: "Token", AmbiguousRoleResolution: deny}}, "InvalidParameterException"},
		"no such type":                 {nil, mapped(types.RoleMapping{Type: "Guess", AmbiguousRoleResolution: deny}), "InvalidParameterException"},
		"ambiguity left open":          {nil, mapped(types.RoleMapping{Type: "Token"}), "InvalidParameterException"},
		"rules without rules":          {nil, mapped(types.RoleMapping{Type: "Rules", AmbiguousRoleResolution: deny}), "InvalidParameterException"},
		"26 rules":                     {nil, mapped(types.RoleMapping{Type: "Rules", AmbiguousRoleResolution: deny, RulesConfiguration: rules(26, nil)}), "InvalidParameterException"},
		"no such match":                {nil, mapped(types.RoleMapping{Type: "Rules", AmbiguousRoleResolution: deny, RulesConfiguration: rules(1, func(r *types.MappingRule) { r.MatchType = "Regex" })}), "InvalidParameterException"},
		"a claim with a blank":         {nil, mapped(types.RoleMapping{Type: "Rules", AmbiguousRoleResolution: deny, RulesConfiguration: rules(1, func(r *types.MappingRule) { r.Claim = aws.String("a b") })}), "InvalidParameterException"},
		"25 rules":                     {map[string]string{"authenticated": member}, mapped(types.RoleMapping{Type: "Rules", AmbiguousRoleResolution: deny, RulesConfiguration: rules(25, nil)}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if c.roles == nil {
				c.roles = map[string]string{}
			}
			_, err := w.SetIdentityPoolRoles(t.Context(), &ci.SetIdentityPoolRolesInput{IdentityPoolId: &pool, Roles: c.roles, RoleMappings: c.mappings})
			if c.code != "" {
				refused(t, err, c.code, "")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := must(w.GetIdentityPoolRoles(t.Context(), &ci.GetIdentityPoolRolesInput{IdentityPoolId: &pool}))(t)
			if got.Roles["authenticated"] != member || len(got.RoleMappings[google].RulesConfiguration.Rules) != 25 || got.RoleMappings[google].AmbiguousRoleResolution != deny {
				t.Errorf("shown as %v", got)
			}
		})
	}
}
