package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

const (
	arnOfAnn     = "arn:aws:iam::" + number + ":user/ann"
	wholeAccount = `{"AWS":"` + number + `"}`
)

func (w *world) assume(c aws.Credentials, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	if in.RoleSessionName == nil {
		in.RoleSessionName = new("shift")
	}
	return w.sts(c).AssumeRole(w.Context(), in)
}

// assumed is assume for those who may.
func (w *world) assumed(c aws.Credentials, in *sts.AssumeRoleInput) aws.Credentials {
	w.Helper()
	return temporary(done[*sts.AssumeRoleOutput](w)(w.assume(c, in)).Credentials)
}

func (w *world) listUsers(c aws.Credentials) error {
	_, err := w.iam(c).ListUsers(w.Context(), &iam.ListUsersInput{})
	return err
}

func TestARoleIsAssumedUsedAndOver(t *testing.T) {
	w := newWorld(t)
	ann := w.user("ann", "")
	arn := w.role("cook", trust(`{"AWS":"`+arnOfAnn+`"}`), allow("iam:ListUsers", "*"))
	out := done[*sts.AssumeRoleOutput](w)(w.assume(ann, &sts.AssumeRoleInput{RoleArn: &arn, DurationSeconds: new(int32(900))}))
	if *out.AssumedRoleUser.Arn != "arn:aws:sts::"+number+":assumed-role/cook/shift" || !strings.HasPrefix(*out.AssumedRoleUser.AssumedRoleId, "AROA") || !strings.HasPrefix(*out.Credentials.AccessKeyId, "ASIA") {
		t.Errorf("assumed %s, %s, %s", *out.AssumedRoleUser.Arn, *out.AssumedRoleUser.AssumedRoleId, *out.Credentials.AccessKeyId)
	}
	c := temporary(out.Credentials)
	who := done[*sts.GetCallerIdentityOutput](w)(w.sts(c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
	if *who.Arn != *out.AssumedRoleUser.Arn || *who.UserId != *out.AssumedRoleUser.AssumedRoleId {
		t.Errorf("the session is %s, %s", *who.Arn, *who.UserId)
	}
	w.refused("what the role may", w.listUsers(c), "")
	_, err := w.iam(c).ListRoles(t.Context(), &iam.ListRolesInput{})
	w.refused("what it may not", err, "AccessDenied")
	w.refused("what ann may not", w.listUsers(ann), "AccessDenied")
	w.clock.Advance(16 * time.Minute)
	w.refused("after its time", w.listUsers(c), "ExpiredToken")
}

func TestWhoMayAssumeARole(t *testing.T) {
	w := newWorld(t)
	mayAssume := allow("sts:AssumeRole", "*")
	callers := map[string]aws.Credentials{
		"ann": w.user("ann", ""), "bob, whose policy lets him": w.user("bob", mayAssume), "root": w.root,
		"eve, whose policy denies": w.user("eve", doc(`[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"*"}]`)),
	}
	byName := w.role("by-name", trust(`{"AWS":"`+arnOfAnn+`"}`), "")
	byAccount := w.role("by-account", trust(wholeAccount), "")
	toService := w.role("to-service", trust(`{"Service":"lambda.amazonaws.com"}`), "")
	conditional := w.role("conditional", doc(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"42"},"StringLike":{"sts:RoleSessionName":"${aws:username}"}}}`), "")
	for _, c := range []struct{ who, role, external, session, code string }{
		{"ann", byName, "", "", ""},
		{"bob, whose policy lets him", byName, "", "", "AccessDenied"},
		{"ann", byAccount, "", "", "AccessDenied"},
		{"bob, whose policy lets him", byAccount, "", "", ""},
		{"eve, whose policy denies", byAccount, "", "", "AccessDenied"},
		{"eve, whose policy denies", conditional, "42", "eve", "AccessDenied"},
		{"root", byAccount, "", "", "AccessDenied"},
		{"bob, whose policy lets him", toService, "", "", "AccessDenied"},
		{"ann", conditional, "42", "ann", ""},
		{"ann", conditional, "", "ann", "AccessDenied"},
		{"ann", conditional, "43", "ann", "AccessDenied"},
		{"ann", conditional, "42", "bob", "AccessDenied"},
		{"bob, whose policy lets him", "arn:aws:iam::" + number + ":role/none", "", "", "AccessDenied"},
		{"bob, whose policy lets him", "arn:aws:iam::111111111111:role/by-account", "", "", "AccessDenied"},
		{"bob, whose policy lets him", "arn:aws:iam::" + number + ":role/path/by-account", "", "", "AccessDenied"},
		{"bob, whose policy lets him", "arn:aws:iam::" + number + ":role/BY-ACCOUNT", "", "", "AccessDenied"},
		{"bob, whose policy lets him", "arn:aws:iam::" + number + ":user/bob", "", "", "ValidationError"},
		{"ann", byName, "", "a/b", "ValidationError"},
		{"ann", byName, "", "a", "ValidationError"},
		{"ann", byName, "<>", "", "ValidationError"},
	} {
		in := &sts.AssumeRoleInput{RoleArn: &c.role}
		if c.external != "" {
			in.ExternalId = &c.external
		}
		if c.session != "" {
			in.RoleSessionName = &c.session
		}
		_, err := w.assume(callers[c.who], in)
		w.refused(c.who+" assumes "+c.role+" as "+c.session+" with "+c.external, err, c.code)
	}
}

func TestARefusalDoesNotTellWhetherARoleIsThere(t *testing.T) {
	w := newWorld(t)
	bob := w.user("bob", allow("sts:AssumeRole", "*"))
	there := w.role("there", trust(`{"Service":"lambda.amazonaws.com"}`), "")
	_, err := w.assume(bob, &sts.AssumeRoleInput{RoleArn: &there})
	_, other := w.assume(bob, &sts.AssumeRoleInput{RoleArn: new(strings.Replace(there, "there", "where", 1))})
	told := func(err error) string { _, text, _ := strings.Cut(err.Error(), "api error"); return text }
	if told(err) != strings.Replace(told(other), "where", "there", 1) {
		t.Errorf("%v\n%v", err, other)
	}
}

func TestARoleAssumesItselfOnlyWhenItTrustsItself(t *testing.T) {
	w := newWorld(t)
	ann := w.user("ann", "")
	arn := w.role("r", trust(`{"AWS":"`+arnOfAnn+`"}`), allow("sts:AssumeRole", "*"))
	c := w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn})
	_, err := w.assume(c, &sts.AssumeRoleInput{RoleArn: &arn})
	w.refused("without trust in itself", err, "AccessDenied")
	done[*iam.UpdateAssumeRolePolicyOutput](w)(w.iam(w.root).UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: new("r"), PolicyDocument: new(trust(`{"AWS":["` + arnOfAnn + `","` + arn + `"]}`))}))
	_, err = w.assume(c, &sts.AssumeRoleInput{RoleArn: &arn})
	w.refused("with it", err, "")
}

func TestATakenOverNameInheritsNoTrust(t *testing.T) {
	w := newWorld(t)
	ann := w.user("ann", "")
	arn := w.role("r", trust(`{"AWS":"`+arnOfAnn+`"}`), "")
	c, ctx := w.iam(w.root), t.Context()
	done[*iam.DeleteAccessKeyOutput](w)(c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: new("ann"), AccessKeyId: &ann.AccessKeyID}))
	done[*iam.DeleteUserOutput](w)(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("ann")}))
	_, err := w.assume(w.user("ann", ""), &sts.AssumeRoleInput{RoleArn: &arn})
	w.refused("another ann", err, "AccessDenied")
}

func TestSessionPoliciesOnlyTakeAway(t *testing.T) {
	w := newWorld(t)
	ann := w.user("ann", "")
	arn := w.role("r", trust(`{"AWS":"`+arnOfAnn+`"}`), doc(`{"Effect":"Allow","Action":["iam:ListUsers","iam:GetUser"],"Resource":"*"}`))
	get := func(c aws.Credentials) error {
		_, err := w.iam(c).GetUser(t.Context(), &iam.GetUserInput{UserName: new("ann")})
		return err
	}
	roles := func(c aws.Credentials) error {
		_, err := w.iam(c).ListRoles(t.Context(), &iam.ListRolesInput{})
		return err
	}
	for name, c := range map[string]struct {
		in               sts.AssumeRoleInput
		list, get, roles string
	}{
		"none":       {sts.AssumeRoleInput{}, "", "", "AccessDenied"},
		"inline":     {sts.AssumeRoleInput{Policy: new(allow("iam:ListUsers", "*"))}, "", "AccessDenied", "AccessDenied"},
		"more":       {sts.AssumeRoleInput{Policy: new(allow("*", "*"))}, "", "", "AccessDenied"},
		"by ARN":     {sts.AssumeRoleInput{PolicyArns: []types.PolicyDescriptorType{{Arn: new("arn:aws:iam::aws:policy/IAMReadOnlyAccess")}}}, "", "", "AccessDenied"},
		"gone ARN":   {sts.AssumeRoleInput{PolicyArns: []types.PolicyDescriptorType{{Arn: new("arn:aws:iam::aws:policy/NoSuch")}}}, "AccessDenied", "AccessDenied", "AccessDenied"},
		"of nothing": {sts.AssumeRoleInput{Policy: new(allow("s3:*", "*"))}, "AccessDenied", "AccessDenied", "AccessDenied"},
	} {
		c.in.RoleArn = &arn
		s := w.assumed(ann, &c.in)
		w.refused(name+": ListUsers", w.listUsers(s), c.list)
		w.refused(name+": GetUser", get(s), c.get)
		w.refused(name+": ListRoles", roles(s), c.roles)
	}
	for name, c := range map[string]struct {
		in   sts.AssumeRoleInput
		code string
	}{
		"malformed":   {sts.AssumeRoleInput{Policy: new("{")}, "MalformedPolicyDocument"},
		"a principal": {sts.AssumeRoleInput{Policy: new(doc(`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`))}, "MalformedPolicyDocument"},
		"too long":    {sts.AssumeRoleInput{Policy: new(allow("*", strings.Repeat("x", 2048)))}, "ValidationError"},
		"no ARN":      {sts.AssumeRoleInput{PolicyArns: []types.PolicyDescriptorType{{Arn: new("x")}}}, "ValidationError"},
		"eleven":      {sts.AssumeRoleInput{PolicyArns: slices.Repeat([]types.PolicyDescriptorType{{Arn: new("arn:aws:iam::aws:policy/ReadOnlyAccess")}}, 11)}, "ValidationError"},
	} {
		c.in.RoleArn = &arn
		_, err := w.assume(ann, &c.in)
		w.refused(name, err, c.code)
	}
}

func TestHowLongASessionMayBe(t *testing.T) {
	w := newWorld(t)
	ann := w.user("ann", "")
	arn := w.role("r", trust(wholeAccount), allow("sts:AssumeRole", "*"))
	done[*iam.PutUserPolicyOutput](w)(w.iam(w.root).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: new("ann"), PolicyName: new("p"), PolicyDocument: new(allow("sts:AssumeRole", "*"))}))
	try := func(c aws.Credentials, seconds int32) error {
		_, err := w.assume(c, &sts.AssumeRoleInput{RoleArn: &arn, DurationSeconds: &seconds})
		return err
	}
	w.refused("899 seconds", try(ann, 899), "ValidationError")
	w.refused("900 seconds", try(ann, 900), "")
	w.refused("an hour", try(ann, 3600), "")
	w.refused("more than the role's", try(ann, 3601), "ValidationError")
	w.refused("more than any role's", try(ann, 43201), "ValidationError")
	done[*iam.UpdateRoleOutput](w)(w.iam(w.root).UpdateRole(t.Context(), &iam.UpdateRoleInput{RoleName: new("r"), MaxSessionDuration: new(int32(7200))}))
	w.refused("the role's two hours", try(ann, 7200), "")
	chained := w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn})
	w.refused("an hour in a chain", try(chained, 3600), "")
	w.refused("two in a chain", try(chained, 7200), "ValidationError")
}

func TestTagsAndSourceIdentityGoAlongAChain(t *testing.T) {
	w := newWorld(t)
	ann := w.user("ann", allow("sts:*", "*"))
	chain := doc(`{"Effect":"Allow","Principal":` + wholeAccount + `,"Action":["sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]}`)
	first := w.role("first", chain, allow("sts:*", "*"))
	second := w.role("second", chain, doc(`[{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"pizza","aws:SourceIdentity":"ann"}}},
		{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/shift":"late"}}}]`))
	plain := w.role("plain", trust(wholeAccount), "")
	tags := []types.Tag{{Key: new("team"), Value: new("pizza")}, {Key: new("shift"), Value: new("late")}}
	in := &sts.AssumeRoleInput{RoleArn: &first, Tags: tags, TransitiveTagKeys: []string{"team"}, SourceIdentity: new("ann")}
	c := w.assumed(ann, in)
	_, err := w.assume(c, &sts.AssumeRoleInput{RoleArn: &second, Tags: []types.Tag{{Key: new("TEAM"), Value: new("pasta")}}})
	w.refused("a transitive tag cannot be set anew", err, "InvalidParameterValue")
	_, err = w.assume(c, &sts.AssumeRoleInput{RoleArn: &second, SourceIdentity: new("bob")})
	w.refused("nor can the source identity", err, "AccessDenied")
	c = w.assumed(c, &sts.AssumeRoleInput{RoleArn: &second})
	w.refused("what went along", w.listUsers(c), "")
	_, err = w.iam(c).ListRoles(t.Context(), &iam.ListRolesInput{})
	w.refused("what did not", err, "AccessDenied")
	for name, c := range map[string]struct {
		in   sts.AssumeRoleInput
		code string
	}{
		"tags that the trust does not allow": {sts.AssumeRoleInput{RoleArn: &plain, Tags: tags}, "AccessDenied"},
		"a source identity that it does not": {sts.AssumeRoleInput{RoleArn: &plain, SourceIdentity: new("ann")}, "AccessDenied"},
		"a tag twice":                        {sts.AssumeRoleInput{RoleArn: &first, Tags: []types.Tag{{Key: new("a"), Value: new("1")}, {Key: new("A"), Value: new("2")}}}, "InvalidParameterValue"},
		"a transitive tag without a value":   {sts.AssumeRoleInput{RoleArn: &first, TransitiveTagKeys: []string{"team"}}, "InvalidParameterValue"},
	} {
		_, err := w.assume(ann, &c.in)
		w.refused(name, err, c.code)
	}
	many := make([]types.Tag, 50)
	for i, name := range numbered(50) {
		many[i] = types.Tag{Key: &name, Value: new("")}
	}
	c = w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &first, Tags: many, TransitiveTagKeys: []string{"client0"}})
	_, err = w.assume(c, &sts.AssumeRoleInput{RoleArn: &second, Tags: many[1:]})
	w.refused("fifty with the one that goes along", err, "")
	_, err = w.assume(c, &sts.AssumeRoleInput{RoleArn: &second, Tags: append(many[1:], types.Tag{Key: new("more"), Value: new("")})})
	w.refused("fifty-one with it", err, "ValidationError")
}
