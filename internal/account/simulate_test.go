package account_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	allowed      = types.PolicyEvaluationDecisionTypeAllowed
	implicitDeny = types.PolicyEvaluationDecisionTypeImplicitDeny
	explicitDeny = types.PolicyEvaluationDecisionTypeExplicitDeny
	bucket       = "arn:aws:s3:::bucket"
)

func entry(name string, kind types.ContextKeyTypeEnum, values ...string) types.ContextEntry {
	return types.ContextEntry{ContextKeyName: &name, ContextKeyType: kind, ContextKeyValues: values}
}

// The answers, place for place, that AWS gave to the same questions.
func TestSimulationAnswersAsAWSDid(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	text := `{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}`
	made := done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("put"), PolicyDocument: &text})).Policy.Arn
	w.user("ann", "")
	done[*iam.AttachUserPolicyOutput](w)(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("ann"), PolicyArn: made}))
	g := done[*iam.CreateGroupOutput](w)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("cooks")})).Group.Arn
	done[*iam.AttachGroupPolicyOutput](w)(c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: new("cooks"), PolicyArn: made}))
	r := w.role("r", trust(`{"Service":"apigateway.amazonaws.com"}`), "")
	done[*iam.AttachRolePolicyOutput](w)(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: new("r"), PolicyArn: made}))
	for _, arn := range []string{arnOfAnn, *g, r} {
		out := done[*iam.SimulatePrincipalPolicyOutput](w)(c.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: &arn, ActionNames: []string{"s3:PutObject", "s3:GetObjectVersion"}, ResourceArns: []string{bucket},
		}))
		if out.IsTruncated || len(out.EvaluationResults) != 2 {
			t.Fatalf("%s: %+v", arn, out)
		}
		put, get := out.EvaluationResults[0], out.EvaluationResults[1]
		if *put.EvalActionName != "s3:PutObject" || *put.EvalResourceName != bucket || put.EvalDecision != allowed || put.EvalDecisionDetails == nil ||
			len(put.EvalDecisionDetails) != 0 || put.MissingContextValues == nil || len(put.MissingContextValues) != 0 || len(put.ResourceSpecificResults) != 1 ||
			put.ResourceSpecificResults[0].EvalResourceDecision != allowed || len(put.ResourceSpecificResults[0].MatchedStatements) != 1 || put.PermissionsBoundaryDecisionDetail != nil {
			t.Errorf("%s: %+v", arn, put)
		}
		if s := put.MatchedStatements; len(s) != 1 || *s[0].SourcePolicyId != "put" || s[0].SourcePolicyType != "IAM Policy" ||
			*s[0].StartPosition != (types.Position{Line: 1, Column: 41}) || *s[0].EndPosition != (types.Position{Line: 1, Column: 113}) {
			t.Errorf("%s: %+v %+v %+v", arn, s, s[0].StartPosition, s[0].EndPosition)
		}
		if get.EvalDecision != implicitDeny || get.MatchedStatements == nil || len(get.MatchedStatements) != 0 {
			t.Errorf("%s: %+v", arn, get)
		}
	}
	done[*iam.AttachUserPolicyOutput](w)(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("ann"), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess")}))
	out := done[*iam.SimulatePrincipalPolicyOutput](w)(c.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{PolicySourceArn: new(arnOfAnn), ActionNames: []string{"s3:GetObject"}}))
	any := out.EvaluationResults[0]
	if s := any.MatchedStatements; len(s) != 1 || *s[0].SourcePolicyId != "AdministratorAccess" || *s[0].StartPosition != (types.Position{Line: 3, Column: 17}) || *s[0].EndPosition != (types.Position{Line: 8, Column: 6}) {
		t.Errorf("%+v", s)
	}
	if *any.EvalResourceName != "*" || any.ResourceSpecificResults != nil || any.EvalDecisionDetails != nil {
		t.Errorf("%+v", any)
	}
}

func TestCustomPoliciesAreSimulated(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	s3, deny := allow("s3:*", "*"), doc(`{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}`)
	when := func(condition string) string {
		return doc(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{` + condition + `}}`)
	}
	const other = "arn:aws:iam::999999999999:user/bob"
	names := func(principal string) *string {
		return new(doc(`{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"s3:GetObject","Resource":"` + bucket + `/*"}`))
	}
	object := bucket + "/menu"
	for name, x := range map[string]struct {
		in      iam.SimulateCustomPolicyInput
		want    types.PolicyEvaluationDecisionType
		matched string
		missing string
		bound   *bool
		details map[string]types.PolicyEvaluationDecisionType
	}{
		"nothing":        {iam.SimulateCustomPolicyInput{PolicyInputList: []string{}}, implicitDeny, "", "", nil, nil},
		"an allow":       {iam.SimulateCustomPolicyInput{PolicyInputList: []string{s3}}, allowed, "PolicyInputList.1", "", nil, nil},
		"a deny besides": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{s3, deny}}, explicitDeny, "PolicyInputList.2", "", nil, nil},
		"two allows":     {iam.SimulateCustomPolicyInput{PolicyInputList: []string{s3, s3}}, allowed, "PolicyInputList.1 PolicyInputList.2", "", nil, nil},
		"a key that is not given": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{when(`"StringEquals":{"aws:PrincipalTag/Team":"pizza","s3:Prefix":"${aws:username}"}`)}},
			implicitDeny, "", "aws:PrincipalTag/Team s3:Prefix aws:username", nil, nil},
		"keys of another action":   {iam.SimulateCustomPolicyInput{PolicyInputList: []string{strings.ReplaceAll(when(`"Bool":{"aws:SecureTransport":"true"}`), "s3:*", "sqs:*")}}, implicitDeny, "", "", nil, nil},
		"a variable in a resource": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow("s3:*", bucket+"/${aws:username}")}, ResourceArns: []string{object}}, implicitDeny, "", "aws:username", nil, nil},
		"and given": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow("s3:*", bucket+"/${aws:username}")}, ResourceArns: []string{object},
			ContextEntries: []types.ContextEntry{entry("AWS:UserName", "string", "menu")}}, allowed, "PolicyInputList.1", "", nil, nil},
		"a string":         {iam.SimulateCustomPolicyInput{PolicyInputList: []string{when(`"StringLike":{"s3:prefix":"m*"}`)}, ContextEntries: []types.ContextEntry{entry("s3:prefix", "string", "menu")}}, allowed, "PolicyInputList.1", "", nil, nil},
		"several":          {iam.SimulateCustomPolicyInput{PolicyInputList: []string{when(`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`)}, ContextEntries: []types.ContextEntry{entry("aws:TagKeys", "stringList", "a", "c")}}, implicitDeny, "", "", nil, nil},
		"a number":         {iam.SimulateCustomPolicyInput{PolicyInputList: []string{when(`"NumericLessThan":{"s3:max-keys":"10"}`)}, ContextEntries: []types.ContextEntry{entry("s3:max-keys", "numeric", "9.5")}}, allowed, "PolicyInputList.1", "", nil, nil},
		"a truth":          {iam.SimulateCustomPolicyInput{PolicyInputList: []string{when(`"Bool":{"aws:SecureTransport":"true"}`)}, ContextEntries: []types.ContextEntry{entry("aws:SecureTransport", "boolean", "true")}}, allowed, "PolicyInputList.1", "", nil, nil},
		"an address":       {iam.SimulateCustomPolicyInput{PolicyInputList: []string{when(`"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`)}, ContextEntries: []types.ContextEntry{entry("aws:SourceIp", "ip", "203.0.113.7")}}, allowed, "PolicyInputList.1", "", nil, nil},
		"bytes":            {iam.SimulateCustomPolicyInput{PolicyInputList: []string{when(`"BinaryEquals":{"x:blob":"AAE="}`)}, ContextEntries: []types.ContextEntry{entry("x:blob", "binary", "AAE=")}}, allowed, "PolicyInputList.1", "", nil, nil},
		"too early":        {iam.SimulateCustomPolicyInput{PolicyInputList: []string{when(`"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}`)}, ContextEntries: []types.ContextEntry{entry("aws:CurrentTime", "date", "2018-04-25T11:00:00Z")}}, implicitDeny, "", "", nil, nil},
		"within bounds":    {iam.SimulateCustomPolicyInput{PolicyInputList: []string{s3}, PermissionsBoundaryPolicyInputList: []string{s3}}, allowed, "PolicyInputList.1", "", new(true), nil},
		"out of bounds":    {iam.SimulateCustomPolicyInput{PolicyInputList: []string{s3}, PermissionsBoundaryPolicyInputList: []string{allow("sqs:*", "*")}}, implicitDeny, "", "", new(false), nil},
		"the bounds alone": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{}, PermissionsBoundaryPolicyInputList: []string{s3}}, implicitDeny, "", "", new(true), nil},
		"bounds that deny": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{s3}, PermissionsBoundaryPolicyInputList: []string{deny}}, explicitDeny, "", "", new(false), nil},
		"the resource's policy alone": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{}, CallerArn: new(arnOfAnn), ResourceArns: []string{object}, ResourcePolicy: names(arnOfAnn)},
			allowed, "ResourcePolicy", "", nil, nil},
		"for somebody else": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{}, CallerArn: new(arnOfAnn + "2"), ResourceArns: []string{object}, ResourcePolicy: names(arnOfAnn)},
			implicitDeny, "", "", nil, nil},
		"from abroad, both allow": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{s3}, CallerArn: new(other), ResourceArns: []string{object}, ResourceOwner: new(number), ResourcePolicy: names(other)},
			allowed, "PolicyInputList.1 ResourcePolicy", "", nil, map[string]types.PolicyEvaluationDecisionType{"IAM Policy": allowed, "Resource Policy": allowed}},
		"from abroad, one allows": {iam.SimulateCustomPolicyInput{PolicyInputList: []string{s3}, CallerArn: new(other), ResourceArns: []string{object}, ResourceOwner: new("arn:aws:iam::" + number + ":root"), ResourcePolicy: names(arnOfAnn)},
			implicitDeny, "", "", nil, map[string]types.PolicyEvaluationDecisionType{"IAM Policy": allowed, "Resource Policy": implicitDeny}},
	} {
		x.in.ActionNames = []string{"s3:GetObject"}
		out := done[*iam.SimulateCustomPolicyOutput](w)(c.SimulateCustomPolicy(ctx, &x.in))
		r := out.EvaluationResults[0]
		var matched []string
		for _, s := range r.MatchedStatements {
			matched = append(matched, *s.SourcePolicyId)
		}
		slices.Sort(matched)
		if r.EvalDecision != x.want || strings.Join(matched, " ") != x.matched || strings.Join(r.MissingContextValues, " ") != x.missing {
			t.Errorf("%s: %s, matched %q, missing %q", name, r.EvalDecision, matched, r.MissingContextValues)
		}
		if d := r.PermissionsBoundaryDecisionDetail; (d == nil) != (x.bound == nil) || d != nil && d.AllowedByPermissionsBoundary != *x.bound {
			t.Errorf("%s: %+v", name, d)
		}
		for key, want := range x.details {
			if r.EvalDecisionDetails[key] != want || r.ResourceSpecificResults[0].EvalDecisionDetails[key] != want {
				t.Errorf("%s: %v", name, r.EvalDecisionDetails)
			}
		}
	}
}

func TestOrganizationsAreSimulatedLevelByLevel(t *testing.T) {
	w := newWorld(t)
	levels := func(levels ...string) (list []types.OrderedOrganizationPolicyType) {
		for _, text := range levels {
			list = append(list, types.OrderedOrganizationPolicyType{ServiceControlPolicyInputList: []string{text}})
		}
		return list
	}
	for name, x := range map[string]struct {
		levels []types.OrderedOrganizationPolicyType
		want   types.PolicyEvaluationDecisionType
		may    bool
	}{
		"both allow": {levels(allow("*", "*"), allow("s3:*", "*")), allowed, true},
		"one does":   {levels(allow("*", "*"), allow("sqs:*", "*")), implicitDeny, false},
		"one denies": {levels(allow("*", "*"), doc(`[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*"}]`)), explicitDeny, false},
	} {
		out := done[*iam.SimulateCustomPolicyOutput](w)(w.iam(w.root).SimulateCustomPolicy(t.Context(), &iam.SimulateCustomPolicyInput{
			ActionNames: []string{"s3:GetObject"}, PolicyInputList: []string{allow("s3:*", "*")}, OrderedOrganizationPolicyInputList: x.levels,
		}))
		r := out.EvaluationResults[0]
		if r.EvalDecision != x.want || r.OrganizationsDecisionDetail == nil || r.OrganizationsDecisionDetail.AllowedByOrganizations != x.may {
			t.Errorf("%s: %+v %+v", name, r, r.OrganizationsDecisionDetail)
		}
	}
}

func TestPrincipalsAreSimulatedWithAllThatTheyHave(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	w.user("ann", allow("s3:GetObject", "*"))
	done[*iam.CreateGroupOutput](w)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("cooks")}))
	done[*iam.PutGroupPolicyOutput](w)(c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: new("cooks"), PolicyName: new("puts"), PolicyDocument: new(allow("s3:PutObject", "*"))}))
	done[*iam.AddUserToGroupOutput](w)(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: new("cooks"), UserName: new("ann")}))
	done[*iam.AttachUserPolicyOutput](w)(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("ann"), PolicyArn: new("arn:aws:iam::aws:policy/AmazonSQSFullAccess")}))
	made := done[*iam.CreatePolicyOutput](w)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("bounds"), PolicyDocument: new(doc(`{"Effect":"Allow","Action":["s3:*","sqs:*"],"Resource":"*"}`))})).Policy.Arn
	done[*iam.PutUserPermissionsBoundaryOutput](w)(c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: new("ann"), PermissionsBoundary: made}))
	done[*iam.AttachUserPolicyOutput](w)(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: new("ann"), PolicyArn: new("arn:aws:iam::aws:policy/AmazonSNSFullAccess")}))
	actions := []string{"s3:GetObject", "s3:PutObject", "sqs:SendMessage", "sns:Publish"}
	for name, x := range map[string]struct {
		in   iam.SimulatePrincipalPolicyInput
		want string // a for allowed, i and e for the denials, one an action
	}{
		"as they are":              {iam.SimulatePrincipalPolicyInput{}, "aaai"},
		"with one policy more":     {iam.SimulatePrincipalPolicyInput{PolicyInputList: []string{doc(`{"Effect":"Deny","Action":"s3:*","Resource":"*"}`)}}, "eeai"},
		"within other bounds":      {iam.SimulatePrincipalPolicyInput{PermissionsBoundaryPolicyInputList: []string{allow("sns:*", "*")}}, "iiia"},
		"without bounds":           {iam.SimulatePrincipalPolicyInput{PolicyExclusionList: []types.PolicyIdentifier{&types.PolicyIdentifierMemberPolicyType{Value: "permission-boundary"}}}, "aaaa"},
		"without inline policies":  {iam.SimulatePrincipalPolicyInput{PolicyExclusionList: []types.PolicyIdentifier{&types.PolicyIdentifierMemberPolicyType{Value: "inline"}}}, "iiai"},
		"without AWS's":            {iam.SimulatePrincipalPolicyInput{PolicyExclusionList: []types.PolicyIdentifier{&types.PolicyIdentifierMemberPolicyType{Value: "aws-managed"}}}, "aaii"},
		"without one by ARN":       {iam.SimulatePrincipalPolicyInput{PolicyExclusionList: []types.PolicyIdentifier{&types.PolicyIdentifierMemberPolicyArn{Value: "arn:aws:iam::aws:policy/Amazon?QS*"}}}, "aaii"},
		"without the group's":      {iam.SimulatePrincipalPolicyInput{PolicyExclusionList: []types.PolicyIdentifier{inlineOf("group", "c*s", "puts")}}, "aiai"},
		"without a user's of that": {iam.SimulatePrincipalPolicyInput{PolicyExclusionList: []types.PolicyIdentifier{inlineOf("user", "c*s", "puts")}}, "aaai"},
		"without what is not":      {iam.SimulatePrincipalPolicyInput{PolicyExclusionList: []types.PolicyIdentifier{&types.PolicyIdentifierMemberPolicyType{Value: "scp"}}}, "aaai"},
	} {
		x.in.PolicySourceArn, x.in.ActionNames = new(arnOfAnn), actions
		out := done[*iam.SimulatePrincipalPolicyOutput](w)(c.SimulatePrincipalPolicy(ctx, &x.in))
		got := ""
		for _, r := range out.EvaluationResults {
			got += string(r.EvalDecision[:1])
		}
		if got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
}

func inlineOf(kind types.AttachmentType, owner, name string) types.PolicyIdentifier {
	return &types.PolicyIdentifierMemberInlinePolicyIdentifier{Value: types.InlinePolicyIdentifierType{AttachmentType: kind, AttachmentName: &owner, PolicyName: &name}}
}

// What is simulated for a user is what is decided about them: the two ask one engine.
func TestSimulationAgreesWithDecisions(t *testing.T) {
	w := newWorld(t)
	key := w.user("ann", doc(`[{"Effect":"Allow","Action":["lambda:*","iam:Get*"],"Resource":"*"},{"Effect":"Deny","Action":"lambda:Delete*","Resource":"*"},{"Effect":"Allow","NotAction":"iam:*","Resource":"arn:aws:s3:::b/*"}]`))
	actions, resources := []string{"lambda:GetFunction", "lambda:DeleteFunction", "iam:GetUser", "iam:CreateUser", "s3:GetObject"}, []string{"*", "arn:aws:s3:::b/x", "arn:aws:lambda:eu-west-1:" + number + ":function:f"}
	out := done[*iam.SimulatePrincipalPolicyOutput](w)(w.iam(w.root).SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{PolicySourceArn: new(arnOfAnn), ActionNames: actions, ResourceArns: resources}))
	if len(out.EvaluationResults) != len(actions)*len(resources) {
		t.Fatal(len(out.EvaluationResults))
	}
	for _, r := range out.EvaluationResults {
		v := w.account.Authorize(t.Context(), w.call(w.caller(key.AccessKeyID)), *r.EvalActionName, *r.EvalResourceName)
		if v.Allowed != (r.EvalDecision == allowed) || v.Explicit != (r.EvalDecision == explicitDeny) {
			t.Errorf("%s on %s: simulated %s, decided %+v", *r.EvalActionName, *r.EvalResourceName, r.EvalDecision, v)
		}
	}
}

func TestSimulationsComeInPages(t *testing.T) {
	w := newWorld(t)
	in := &iam.SimulateCustomPolicyInput{PolicyInputList: []string{allow("s3:*", "*")}, ActionNames: []string{"s3:A", "s3:B", "s3:C"}, ResourceArns: []string{"*", bucket}, MaxItems: new(int32(4))}
	pages := iam.NewSimulateCustomPolicyPaginator(w.iam(w.root), in)
	var got []string
	for pages.HasMorePages() {
		out := done[*iam.SimulateCustomPolicyOutput](w)(pages.NextPage(t.Context()))
		if len(out.EvaluationResults) > 4 {
			t.Error("a page of", len(out.EvaluationResults))
		}
		for _, r := range out.EvaluationResults {
			got = append(got, *r.EvalActionName+*r.EvalResourceName)
		}
	}
	if strings.Join(got, " ") != "s3:A* s3:A"+bucket+" s3:B* s3:B"+bucket+" s3:C* s3:C"+bucket {
		t.Error(got)
	}
	first := done[*iam.SimulateCustomPolicyOutput](w)(w.iam(w.root).SimulateCustomPolicy(t.Context(), in))
	another := *in
	another.Marker, another.ActionNames = first.Marker, []string{"s3:D", "s3:E", "s3:F"}
	_, err := w.iam(w.root).SimulateCustomPolicy(t.Context(), &another)
	w.refused("the marker of another question", err, "ValidationError")
}

func TestWhatCannotBeSimulated(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	w.user("ann", "")
	custom := func(change func(in *iam.SimulateCustomPolicyInput)) error {
		in := &iam.SimulateCustomPolicyInput{ActionNames: []string{"s3:GetObject"}, PolicyInputList: []string{allow("*", "*")}}
		change(in)
		_, err := c.SimulateCustomPolicy(ctx, in)
		return err
	}
	bad := func(e ...types.ContextEntry) func(in *iam.SimulateCustomPolicyInput) {
		return func(in *iam.SimulateCustomPolicyInput) { in.ContextEntries = e }
	}
	for name, x := range map[string]struct {
		change func(in *iam.SimulateCustomPolicyInput)
		code   string
	}{
		"as it should be":           {func(*iam.SimulateCustomPolicyInput) {}, ""},
		"an action without service": {func(in *iam.SimulateCustomPolicyInput) { in.ActionNames = []string{"GetObject"} }, "InvalidInput"},
		"a wildcard":                {func(in *iam.SimulateCustomPolicyInput) { in.ActionNames = []string{"s3:*"} }, "InvalidInput"},
		"a short action":            {func(in *iam.SimulateCustomPolicyInput) { in.ActionNames = []string{"a:"} }, "ValidationError"},
		"a name as resource":        {func(in *iam.SimulateCustomPolicyInput) { in.ResourceArns = []string{"bucket"} }, "InvalidInput"},
		"a policy that is none":     {func(in *iam.SimulateCustomPolicyInput) { in.PolicyInputList = []string{"{}"} }, "InvalidInput"},
		"a boundary that is none":   {func(in *iam.SimulateCustomPolicyInput) { in.PermissionsBoundaryPolicyInputList = []string{"{}"} }, "InvalidInput"},
		"two boundaries": {func(in *iam.SimulateCustomPolicyInput) {
			in.PermissionsBoundaryPolicyInputList = []string{allow("*", "*"), allow("*", "*")}
		}, "InvalidInput"},
		"a resource policy, no one": {func(in *iam.SimulateCustomPolicyInput) {
			in.ResourcePolicy = new(doc(`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}`))
		}, "InvalidInput"},
		"a resource policy of none": {func(in *iam.SimulateCustomPolicyInput) {
			in.CallerArn, in.ResourcePolicy = new(arnOfAnn), new(allow("*", "*"))
		}, "InvalidInput"},
		"a session as caller": {func(in *iam.SimulateCustomPolicyInput) {
			in.CallerArn = new("arn:aws:sts::" + number + ":assumed-role/r/s")
		}, "InvalidInput"},
		"a service as caller":       {func(in *iam.SimulateCustomPolicyInput) { in.CallerArn = new("lambda.amazonaws.com") }, "InvalidInput"},
		"root as caller":            {func(in *iam.SimulateCustomPolicyInput) { in.CallerArn = new("arn:aws:iam::" + number + ":root") }, "InvalidInput"},
		"an owner that is none":     {func(in *iam.SimulateCustomPolicyInput) { in.ResourceOwner = new("me") }, "InvalidInput"},
		"EC2's scenarios":           {func(in *iam.SimulateCustomPolicyInput) { in.ResourceHandlingOption = new("EC2-VPC-EBS") }, "InvalidInput"},
		"a marker of nobody's":      {func(in *iam.SimulateCustomPolicyInput) { in.Marker = new("AAAA") }, "ValidationError"},
		"a short key":               {bad(entry("a:b", "string", "x")), "ValidationError"},
		"a key of no type there is": {bad(entry("aws:Thing", "text", "x")), "ValidationError"},
		"two values of one":         {bad(entry("aws:Thing", "string", "x", "y")), "InvalidInput"},
		"a number that is none":     {bad(entry("aws:Thing", "numeric", "x")), "InvalidInput"},
		"a truth that is none":      {bad(entry("aws:Thing", "boolean", "yes")), "InvalidInput"},
		"an address that is none":   {bad(entry("aws:Thing", "ip", "1.2.3")), "InvalidInput"},
		"a date that is none":       {bad(entry("aws:Thing", "dateList", "2018-04-25", "soon")), "InvalidInput"},
		"bytes that are none":       {bad(entry("aws:Thing", "binary", "%")), "InvalidInput"},
		"a key twice":               {bad(entry("aws:Thing", "string", "x"), entry("AWS:thing", "string", "y")), "InvalidInput"},
	} {
		w.refused(name, custom(x.change), x.code)
	}
	for name, x := range map[string]struct {
		arn      string
		excluded types.PolicyIdentifier
		code     string
	}{
		"a name":                 {"ann", nil, "InvalidInput"},
		"a policy":               {"arn:aws:iam::" + number + ":policy/ann", nil, "InvalidInput"},
		"root":                   {"arn:aws:iam::" + number + ":root", nil, "InvalidInput"},
		"another account's":      {"arn:aws:iam::999999999999:user/ann", nil, "InvalidInput"},
		"nobody":                 {"arn:aws:iam::" + number + ":user/bob", nil, "NoSuchEntity"},
		"under another path":     {"arn:aws:iam::" + number + ":user/x/ann", nil, "NoSuchEntity"},
		"a wildcard too many":    {arnOfAnn, &types.PolicyIdentifierMemberPolicyArn{Value: "arn:aws:iam::aws:policy/*a*"}, "InvalidInput"},
		"a wildcard in accounts": {arnOfAnn, &types.PolicyIdentifierMemberPolicyArn{Value: "arn:aws:iam::*:policy/a"}, "InvalidInput"},
		"a sort there is not":    {arnOfAnn, &types.PolicyIdentifierMemberPolicyType{Value: "managed"}, "InvalidInput"},
		"an owner there is not":  {arnOfAnn, inlineOf("bot", "a", "b"), "InvalidInput"},
	} {
		in := &iam.SimulatePrincipalPolicyInput{PolicySourceArn: &x.arn, ActionNames: []string{"s3:GetObject"}}
		if x.excluded != nil {
			in.PolicyExclusionList = []types.PolicyIdentifier{x.excluded}
		}
		_, err := c.SimulatePrincipalPolicy(ctx, in)
		w.refused(name, err, x.code)
	}
}

func TestSimulatingNeedsPermission(t *testing.T) {
	w := newWorld(t)
	simulate := func(c aws.Credentials, arn string) error {
		_, err := w.iam(c).SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{PolicySourceArn: &arn, ActionNames: []string{"s3:GetObject"}})
		return err
	}
	ann := w.user("ann", allow("iam:SimulatePrincipalPolicy", arnOfAnn))
	w.user("bob", "")
	w.refused("oneself", simulate(ann, arnOfAnn), "")
	w.refused("another", simulate(ann, "arn:aws:iam::"+number+":user/bob"), "AccessDenied")
	w.refused("somebody who is not there", simulate(ann, "arn:aws:iam::"+number+":user/carl"), "AccessDenied")
}

func TestWhichKeysPoliciesAskFor(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	first := doc(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}","Condition":{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"s3:prefix":"${aws:userid}"}}}`)
	second := doc(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"AWS:securetransport":"true"},"Null":{"aws:TokenIssueTime":"true"}}}`)
	out := done[*iam.GetContextKeysForCustomPolicyOutput](w)(c.GetContextKeysForCustomPolicy(ctx, &iam.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{first, second}}))
	const want = "aws:username aws:SecureTransport s3:prefix aws:userid aws:TokenIssueTime"
	if got := strings.Join(out.ContextKeyNames, " "); got != want {
		t.Error(got)
	}
	w.user("ann", second)
	of := done[*iam.GetContextKeysForPrincipalPolicyOutput](w)(c.GetContextKeysForPrincipalPolicy(ctx, &iam.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: new(arnOfAnn), PolicyInputList: []string{first}}))
	slices.Sort(of.ContextKeyNames)
	if len(of.ContextKeyNames) != 5 {
		t.Error(of.ContextKeyNames)
	}
	_, err := c.GetContextKeysForCustomPolicy(ctx, &iam.GetContextKeysForCustomPolicyInput{PolicyInputList: []string{"{"}})
	w.refused("no policy", err, "InvalidInput")
	_, err = c.GetContextKeysForPrincipalPolicy(ctx, &iam.GetContextKeysForPrincipalPolicyInput{PolicySourceArn: new("arn:aws:iam::" + number + ":user/bob")})
	w.refused("nobody", err, "NoSuchEntity")
}
