package identitypool

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
)

// Claims of user pools that name roles.
const (
	claimRoles     = "cognito:roles"
	claimPreferred = "cognito:preferred_role"
	claimWished    = "custom:roleArn" // an attribute, which users may be able to write
)

// chooseRole finds the role that an identity gets in the enhanced flow, and says
// for the operator why. custom is CustomRoleArn; "" for none.
// https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
func (p *Pool) chooseRole(logins []login, custom string) (arn, why string, err error) {
	if len(logins) == 0 {
		if custom != "" {
			return "", "a guest chooses no role", notAuthorized(textCustomRole)
		}
		return p.ordinaryRole(roleUnauthenticated)
	}
	l, m, ok := p.mappingFor(logins)
	switch {
	case ok && m.ByToken:
		arn, why, err = roleOfToken(l, custom)
	case ok:
		arn, why, err = m.roleByRules(l, custom)
	case custom != "":
		return "", "no role mapping lets anybody choose", notAuthorized(textCustomRole)
	default:
		return p.ordinaryRole(roleAuthenticated)
	}
	if err != nil || arn != "" {
		return arn, why, err
	}
	if m.Ambiguous != types.AmbiguousRoleResolutionTypeAuthenticatedRole {
		return "", why + ", and the mapping denies then", notAuthorized(textAmbiguous)
	}
	return p.ordinaryRole(roleAuthenticated)
}

func (p *Pool) ordinaryRole(kind string) (arn, why string, err error) {
	if arn = p.Roles[kind]; arn == "" {
		return "", "the pool has no role for " + kind + " identities", badConfiguration()
	}
	return arn, "the pool's " + kind + " role", nil
}

// mappingFor is the mapping of the first login that has one, in the order of
// their keys.
func (p *Pool) mappingFor(logins []login) (login, Mapping, bool) {
	for _, l := range logins {
		for _, name := range l.names {
			if m, ok := p.Mappings[name]; ok {
				return l, m, true
			}
		}
	}
	return login{}, Mapping{}, false
}

// roleOfToken takes the role that the token names. No role and no error: it
// names none, or several without preferring one.
func roleOfToken(l login, custom string) (arn, why string, err error) {
	roles := l.claims(claimRoles).values
	if custom != "" {
		if slices.Contains(roles, custom) {
			return custom, "the caller chose it among the token's roles", nil
		}
		return "", "the token does not offer the role", notAuthorized(textCustomRole)
	}
	if wished := l.claims(claimWished).values; len(wished) == 1 && slices.Contains(roles, wished[0]) {
		return wished[0], "the user's attribute chose it among the token's roles", nil
	}
	if preferred := l.claims(claimPreferred).values; len(preferred) == 1 && preferred[0] != "" {
		return preferred[0], "the token prefers it", nil
	}
	if len(roles) == 1 {
		return roles[0], "it is the token's only role", nil
	}
	return "", "the token prefers none of its roles", nil
}

// roleByRules takes the role of the first rule that matches, or the one that the
// caller chose among those that do.
func (m Mapping) roleByRules(l login, custom string) (arn, why string, err error) {
	for _, r := range m.Rules {
		if (custom == "" || r.Role == custom) && r.matches(l.claims(r.Claim)) {
			return r.Role, "by the rule " + r.Claim + " " + string(r.Match) + " " + r.Value, nil
		}
	}
	if custom != "" {
		return "", "no rule that matches gives the role", notAuthorized(textCustomRole)
	}
	return "", "no rule matches", nil
}

// matches compares case by case. A claim that is not there matches no rule, not
// even NotEqual. Of a claim that is a list, such as cognito:groups, one element
// is enough, and Contains means a whole element; NotEqual means none.
func (r Rule) matches(c claim) bool {
	values := c.values
	if len(values) == 0 {
		return false
	}
	switch r.Match {
	case types.MappingRuleMatchTypeEquals:
		return slices.Contains(values, r.Value)
	case types.MappingRuleMatchTypeNotEqual:
		return !slices.Contains(values, r.Value)
	case types.MappingRuleMatchTypeStartsWith:
		return slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(v, r.Value) })
	case types.MappingRuleMatchTypeContains:
		if !c.list {
			return strings.Contains(values[0], r.Value)
		}
		return slices.Contains(values, r.Value)
	}
	return false
}
