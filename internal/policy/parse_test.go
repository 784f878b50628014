package policy_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

func TestMalformedPoliciesGetAWSsMessages(t *testing.T) {
	const (
		syntax   = "Syntax errors in policy."
		s3       = `"Action":"s3:ListBucket","Resource":"arn:aws:s3:::example_bucket"`
		head     = `{"Version":"2012-10-17","Statement":`
		allow    = head + `{"Effect":"Allow",`
		end      = `}}`
		withCond = allow + s3 + `,"Condition":`
	)
	for _, c := range []struct {
		name, text string
		kind       policy.Kind
		message    string
	}{
		{"no JSON", `This is not a json document`, policy.Managed, syntax},
		{"nothing", ``, policy.Managed, syntax},
		{"null", `null`, policy.Managed, syntax},
		{"a list", `[]`, policy.Managed, syntax},
		{"cut short", allow + s3, policy.Managed, syntax},
		{"more after it", allow + s3 + end + `{}`, policy.Managed, syntax},
		{"not UTF-8", "{\"Version\":\"2012-10-17\xff\"}", policy.Managed, syntax},
		{"very deep", strings.Repeat(`{"Statement":[`, 5000), policy.Managed, syntax},
		{"very deep in a condition", withCond + strings.Repeat(`{"StringEquals":`, 5000), policy.Managed, syntax},
		{"too long", allow + `"Action":"s3:` + strings.Repeat("x", policy.MaxDocument) + `","Resource":"*"}}`, policy.Identity, "The policy document is larger than 131072 characters."},
		{"no version", `{"Statement":{"Effect":"Allow",` + s3 + end, policy.Managed, "Policy document must be version 2012-10-17 or greater."},
		{"the old version", `{"Version":"2008-10-17","Statement":{"Effect":"Allow",` + s3 + end, policy.Managed, "Policy document must be version 2012-10-17 or greater."},
		{"a version there is not", `{"Version":"2013-10-17","Statement":{"Effect":"Allow",` + s3 + end, policy.Managed, syntax},
		{"no statement", `{"Version":"2012-10-17"}`, policy.Managed, syntax},
		{"an empty list of statements", head + `[]}`, policy.Managed, syntax},
		{"another element", `{"Version":"2012-10-17","Statement":{"Effect":"Allow",` + s3 + `},"Extra field":"value"}`, policy.Managed, syntax},
		{"an element in another case", `{"version":"2012-10-17","Statement":{"Effect":"Allow",` + s3 + end, policy.Managed, syntax},
		{"another element in the statement", allow + s3 + `,"Extra field":"value"` + end, policy.Managed, syntax},
		{"an Id that is a list", `{"Version":"2012-10-17","Id":["x"],"Statement":{"Effect":"Allow",` + s3 + end, policy.Managed, syntax},
		{"a Sid that is an object", allow + `"Sid":{},` + s3 + end, policy.Managed, syntax},
		{"another effect", head + `{"Effect":"invalid",` + s3 + end, policy.Managed, syntax},
		{"an effect in lower case", head + `{"Effect":"allow",` + s3 + end, policy.Managed, "The policy failed legacy parsing"},
		{"no effect", head + `{` + s3 + end, policy.Managed, syntax},
		{"an effect twice", allow + `"Effect":"Deny",` + s3 + end, policy.Managed, syntax},
		{"statements twice", `{"Version":"2012-10-17","Statement":{"Effect":"Deny",` + s3 + `},"Statement":{"Effect":"Allow",` + s3 + end, policy.Managed, syntax},
		{"a condition key twice", withCond + `{"StringEquals":{"a:b":"x","a:b":"y"}}` + end, policy.Managed, syntax},
		{"Action and NotAction", allow + `"NotAction":"s3:ListBucket","Action":"iam:dsf","Resource":"*"` + end, policy.Managed, syntax},
		{"Resource and NotResource", allow + s3 + `,"NotResource":"*"` + end, policy.Managed, syntax},
		{"Principal and NotPrincipal", allow + s3 + `,"Principal":"*","NotPrincipal":"*"` + end, policy.Resource, syntax},
		{"a resource that is an object", allow + `"Action":"s3:ListBucket","Resource":{"a":"b"}` + end, policy.Managed, syntax},
		{"a condition that is a list", withCond + `[]` + end, policy.Managed, syntax},
		{"a condition that is a text", withCond + `"a"` + end, policy.Managed, syntax},
		{"an operator there is not", withCond + `{"StringIs":{"a:b":"c"}}` + end, policy.Managed, syntax},
		{"a set operator there is not", withCond + `{"ForSome:StringEquals":{"a:b":"c"}}` + end, policy.Managed, syntax},
		{"Null has no IfExists", withCond + `{"NullIfExists":{"a:b":"true"}}` + end, policy.Managed, syntax},
		{"an operator without keys", withCond + `{"DateGreaterThan":"b"}` + end, policy.Managed, syntax},
		{"a value that is an object", withCond + `{"StringEquals":{"a:b":{}}}` + end, policy.Managed, syntax},
		{"a value that is null", withCond + `{"StringEquals":{"a:b":null}}` + end, policy.Managed, syntax},
		{"a date that is none", withCond + `{"DateGreaterThan":{"aws:CurrentTime":"b"}}` + end, policy.Managed, "The policy failed legacy parsing"},
		{"no actions", allow + `"Resource":"*"` + end, policy.Managed, "Policy statement must contain actions."},
		{"an empty list of actions", allow + `"Action":[],"Resource":"*"` + end, policy.Managed, "Policy statement must contain actions."},
		{"an empty list of NotActions", allow + `"NotAction":[],"Resource":"*"` + end, policy.Managed, "Policy statement must contain actions."},
		{"nothing but an effect", head + `{"Effect":"Allow"}}`, policy.Managed, "Policy statement must contain actions."},
		{"no resources", allow + `"Action":"s3:ListBucket"` + end, policy.Managed, "Policy statement must contain resources."},
		{"an empty list of NotResources", allow + `"Action":"s3:ListBucket","NotResource":[]` + end, policy.Managed, "Policy statement must contain resources."},
		{"an action without service", allow + `"Action":"invalid","Resource":"*"` + end, policy.Managed, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		{"an action with two colons", allow + `"Action":"a:b:c","Resource":"*"` + end, policy.Managed, "Actions/Condition can contain only one colon."},
		{"a service that is none", allow + `"Action":"a a:b","Resource":"*"` + end, policy.Managed, "Vendor a a is not valid"},
		{"a resource that is no ARN", allow + `"Action":"s3:ListBucket","Resource":"invalid resource"` + end, policy.Managed, `Resource invalid resource must be in ARN format or "*".`},
		{"a partition that is none", allow + `"Action":"s3:ListBucket","Resource":"arn:example:s3"` + end, policy.Managed, `Partition "example" is not valid for resource "arn:example:s3:*:*:*".`},
		{"an ARN without service", allow + `"Action":"s3:ListBucket","Resource":"arn:aws"` + end, policy.Managed, "Resource vendor must be fully qualified and cannot contain regexes."},
		{"an ARN with a colon too few", allow + `"Action":"s3:ListBucket","Resource":"arn:aws:s3::example_bucket"` + end, policy.Managed, "The policy failed legacy parsing"},
		{"a bucket with a region", allow + `"Action":"s3:ListBucket","Resource":"arn:aws:s3:us-east-1::example_bucket"` + end, policy.Managed, "Resource arn:aws:s3:us-east-1::example_bucket can not contain region information."},
		{"a user with a region", allow + `"Action":"s3:ListBucket","Resource":"arn:aws:iam:us-east-1::example_bucket"` + end, policy.Managed, "IAM resource arn:aws:iam:us-east-1::example_bucket cannot contain region information."},
		{"a Sid twice", head + `[{"Sid":"sdf","Effect":"Allow",` + s3 + `},{"Sid":"sdf","Effect":"Allow"}]}`, policy.Managed, "Statement IDs (SID) in a single policy must be unique."},
		{"a principal in an identity policy", allow + s3 + `,"Principal":"*"` + end, policy.Identity, "Policy document should not specify a principal."},
		{"a principal in a session policy", allow + s3 + `,"NotPrincipal":"*"` + end, policy.Session, "Policy document should not specify a principal."},
		{"no principal in a resource policy", allow + s3 + end, policy.Resource, "Missing required field Principal"},
		{"no principal in a trust policy", allow + `"Action":"sts:AssumeRole"` + end, policy.Trust, "Missing required field Principal"},
		{"an empty principal", allow + s3 + `,"Principal":{}` + end, policy.Resource, "Missing required field Principal"},
		{"a resource in a trust policy", allow + `"Action":"sts:AssumeRole","Principal":"*","Resource":"*"` + end, policy.Trust, "Has prohibited field Resource"},
		{"another action in a trust policy", allow + `"Action":"s3:GetObject","Principal":"*"` + end, policy.Trust, "AssumeRole policy may only specify STS AssumeRole actions."},
		{"NotPrincipal in a trust policy", allow + `"Action":"sts:AssumeRole","NotPrincipal":"*"` + end, policy.Trust, "Has prohibited field NotPrincipal"},
		{"part of a wildcard in a principal", allow + `"Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::111122223333:role/*"}` + end, policy.Trust, `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/*"`},
		{"a group is no principal", allow + `"Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::111122223333:group/cooks"}` + end, policy.Trust, `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:group/cooks"`},
		{"a sort of principal there is not", allow + `"Action":"sts:AssumeRole","Principal":{"Aws":"*"}` + end, policy.Trust, syntax},
		{"a principal that is a text", allow + `"Action":"sts:AssumeRole","Principal":"111122223333"` + end, policy.Trust, syntax},
		{"no kind", allow + s3 + end, policy.Kind(0), syntax},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := policy.Parse(c.kind, []byte(c.text))
			malformed := (*policy.MalformedError)(nil)
			if p != nil || !errors.As(err, &malformed) {
				t.Fatalf("%v, %v", p, err)
			}
			if malformed.Message != c.message {
				t.Errorf("%q, want %q (%v)", malformed.Message, c.message, err)
			}
		})
	}
}

func TestWhatPoliciesMayLookLike(t *testing.T) {
	for _, c := range []struct {
		kind policy.Kind
		text string
		want string // printed; "" for the same
	}{
		{policy.Managed, `{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, ""},
		{policy.Identity, `{"Statement":{"Effect":"Deny","NotAction":["iam:*"],"NotResource":["arn:aws:s3:::a","arn:aws:s3"]}}`,
			`{"Statement":[{"Effect":"Deny","NotAction":"iam:*","NotResource":["arn:aws:s3:::a","arn:aws:s3"]}]}`},
		{policy.Identity, "\n{ \"Statement\" : [ {\"Resource\":\"*\",\"Action\":\"*\",\"Effect\":\"Allow\",\"Condition\":{\"Bool\":{\"a:b\":[true]},\"NumericEquals\":{\"a:c\":5}} } ],\"Version\":\"2008-10-17\"}\n",
			`{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true"},"NumericEquals":{"a:c":"5"}}}]}`},
		{policy.Trust, `{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","apigateway.amazonaws.com"]},"Action":["sts:AssumeRole","sts:TagSession"]}]}`, ""},
		{policy.Trust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"eu:1"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}]}`, ""},
		{policy.Resource, `{"Version":"2012-10-17","Statement":[{"Sid":"a b-c","Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*"}]}`, ""},
		{policy.Resource, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/<&>é"}]}`, ""},
	} {
		p, err := policy.Parse(c.kind, []byte(c.text))
		if err != nil {
			t.Errorf("%v\n%s", err, c.text)
			continue
		}
		if c.want == "" {
			c.want = c.text
		}
		if p.String() != c.want {
			t.Errorf("printed\n%s\nwant\n%s", p, c.want)
		}
	}
}

func TestAMalformedErrorSaysWhere(t *testing.T) {
	_, err := policy.Parse(policy.Identity, []byte("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": {\"Effect\": \"Allow\", \"Action\": [\"s3:*\", \"oops\"], \"Resource\": \"*\"}\n}"))
	if err == nil || !strings.HasPrefix(err.Error(), `3:55: Actions/Conditions must be prefaced`) {
		t.Error(err)
	}
}

func TestSizesCountWhatAWSCounts(t *testing.T) {
	text := `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::` + strings.Repeat("ä", 6144-90) + `"}}`
	p := policy.MustParse(policy.Managed, text)
	if want := len([]rune(strings.ReplaceAll(text, " ", ""))); p.Size() != want {
		t.Errorf("%d, want %d", p.Size(), want)
	}
	if err := p.CheckSize(); p.Size() <= 6144 && err != nil {
		t.Error(err)
	}
	big := policy.MustParse(policy.Session, strings.Replace(text, "ä", "x", 1))
	if big.CheckSize() == nil {
		t.Error("a session policy of 6000 characters")
	}
}

func TestContextKeysOfAPolicy(t *testing.T) {
	p := policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}",
		"Condition":{"StringLike":{"s3:prefix":"${aws:PrincipalTag/team, 'x'}/*"},"Bool":{"aws:SecureTransport":true}}},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"S3:Prefix":"true"}}}]}`)
	got := strings.Join(p.ContextKeys(), " ")
	if want := "aws:username s3:prefix aws:principaltag/team aws:SecureTransport"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTrialsTakeWhatAWSWouldNot(t *testing.T) {
	const misplaced = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":"999988887777"},"Action":"*","Resource":"*"}}`
	p, notes, err := policy.ParseForTrial(policy.Identity, []byte(misplaced))
	if err != nil || len(notes) != 1 {
		t.Fatal(notes, err)
	}
	if d := policy.Evaluate(request("s3:GetObject", "*"), &policy.Set{Identity: attach(p)}); d.Outcome != policy.ExplicitDeny {
		t.Error("a principal has no say in an identity policy:", d)
	}
	p, notes, err = policy.ParseForTrial(policy.Resource, []byte(`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Allow","Principal":"arn:aws:iam::111122223333:user/eve","Action":"*","Resource":"*"}]}`))
	if err != nil || len(notes) != 2 {
		t.Fatal(notes, err)
	}
	if d := policy.Evaluate(request("s3:GetObject", "*"), &policy.Set{Resource: attach(p)[0]}); d.Allowed() {
		t.Error("a statement for nobody, and one for another:", d)
	}
	if _, _, err := policy.ParseForTrial(policy.Identity, []byte(`{"Statement":[{"Effect":"Allow","Resource":"*"}]}`)); err == nil {
		t.Error("what has no plain meaning stays malformed")
	}
}

func TestTrialsNoteEverythingThatAWSWouldRefuse(t *testing.T) {
	const who = `"Principal":{"AWS":"111122223333"}`
	for name, c := range map[string]struct {
		kind policy.Kind
		text string
	}{
		"no statements":             {policy.ServiceControl, `{"Statement":[]}`},
		"a Sid twice":               {policy.Identity, `{"Statement":[{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Allow","Action":"*","Resource":"*"}]}`},
		"no date":                   {policy.Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateEquals":{"aws:CurrentTime":"today"}}}}`},
		"a principal with a star":   {policy.Resource, `{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/*"},"Action":"*","Resource":"*"}}`},
		"a resource policy without": {policy.Resource, `{"Statement":{"Effect":"Allow",` + who + `,"Action":"*"}}`},
		"trust that excepts":        {policy.Trust, `{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}`},
		"trust for other actions":   {policy.Trust, `{"Statement":{"Effect":"Allow",` + who + `,"Action":"s3:*"}}`},
		"a partition with a star":   {policy.Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws*:s3:::b"}}`},
		"a bucket with a region":    {policy.Identity, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:eu::b"}}`},
	} {
		if _, notes, err := policy.ParseForTrial(c.kind, []byte(c.text)); err != nil || len(notes) != 1 {
			t.Errorf("%s: %v %v", name, notes, err)
		}
		if _, err := policy.Parse(c.kind, []byte(c.text)); err == nil {
			t.Errorf("%s: taken in earnest", name)
		}
	}
}

func TestWhereStatementsStandAndWhatTheyAskFor(t *testing.T) {
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}"},
 {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}} ]}`
	p := policy.MustParse(policy.Identity, text)
	for i, want := range []string{"aws:username", "aws:SecureTransport"} {
		from, to := p.Span(i)
		if s := text[from:to]; s[0] != '{' || s[len(s)-1] != '}' || !strings.Contains(s, want) || !json.Valid([]byte(s)) {
			t.Errorf("statement %d: %q", i, s)
		}
		if got := p.StatementKeys(i, ""); len(got) != 1 || got[0] != want {
			t.Errorf("statement %d asks for %q", i, got)
		}
		if got := p.StatementKeys(i, "Action"); got != nil {
			t.Errorf("statement %d, which is of another action, asks for %q", i, got)
		}
	}
	if p.StatementKeys(0, "Resource") == nil || p.StatementKeys(1, "Resource") != nil {
		t.Error("what a Resource asks for are its variables")
	}
}
