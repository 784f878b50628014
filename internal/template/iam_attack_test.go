package template

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sallyport/sallyport/internal/access"
)

// Killed after each of its calls, against IAM itself: the next deploy makes what
// the first would have made, and no key, role or policy twice.
func TestIdentitiesAreNotMadeTwiceAfterAKill(t *testing.T) {
	whole, _ := services(t)
	deployed(t, whole, everybody)
	want := sizes(details(t, whole))
	for k := 0; ; k += 2 {
		d, api := services(t)
		d.Operations = api
		done := deployedOrKilled(t, d, everybody, k+1)
		deployed(t, d, everybody)
		if got := sizes(details(t, d)); got != want {
			t.Errorf("killed after call %d: there is\n  %s\nwant\n  %s", k, got, want)
		}
		deployed(t, d, "Resources: {Other: {Type: AWS::Cognito::UserPool}}")
		if have := details(t, d); len(have) > 0 {
			t.Errorf("killed after call %d: left behind %v", k, have)
		}
		if done {
			return
		}
	}
}

// Killed amid changes: the next deploy ends where an undisturbed one would.
func TestChangesOfIdentitiesSurviveAKill(t *testing.T) {
	source := changed(t, everybody, "Path: /kitchen/", "Path: /bar/", "PolicyName: shared", "PolicyName: common", "Sid: A,", "Sid: B,", "UserName: !Ref Bob}", "UserName: !Ref Bob, Serial: 2}",
		"Users: [!Ref Bob]}}", "Users: [!Ref Ann]}}", "      Groups: [!Ref Staff]\n      ManagedPolicyArns: [!Ref Bound]\n", "")
	whole, _ := services(t)
	deployed(t, whole, everybody)
	deployed(t, whole, source)
	want := sizes(details(t, whole))
	for k := 0; ; k += 2 {
		d, api := services(t)
		d.Operations = api
		deployed(t, d, everybody)
		done := deployedOrKilled(t, d, source, k+1)
		for range 2 {
			deployed(t, d, source)
		}
		if got := sizes(details(t, d)); got != want {
			t.Errorf("killed after call %d: there is\n  %s\nwant\n  %s", k, got, want)
		}
		if done {
			return
		}
	}
}

// failing refuses the nth call that changes something.
type failing struct {
	Operations
	n *int
}

func (f failing) Call(ctx context.Context, call *access.Call, service, operation string, in any) (any, error) {
	if !strings.HasPrefix(operation, "Get") && !strings.HasPrefix(operation, "List") {
		if *f.n--; *f.n == 0 {
			return nil, errors.New("out of order")
		}
	}
	return f.Operations.Call(ctx, call, service, operation, in)
}

func TestAFailedDeployOfIdentitiesLeavesNothing(t *testing.T) {
	for k := 1; ; k++ {
		d, api := services(t)
		n := k
		d.Operations = failing{api, &n}
		_, err := d.Deploy(context.Background(), parsed(t, everybody, nil))
		if err == nil {
			if k < 20 {
				t.Fatalf("only %d calls", k)
			}
			return
		}
		d.Operations = api
		if have := details(t, d); len(have) > 0 {
			t.Errorf("call %d failed (%v): left behind %v", k, err, have)
		}
	}
}

func TestWhatOthersHaveMadeIsNotTakenOver(t *testing.T) {
	document := aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	trust := aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`)
	role := "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {RoleName: cook, AssumeRolePolicyDocument: " + *trust + "}}\n"
	policy := "{Version: \"2012-10-17\", Statement: {Effect: Allow, Action: \"*\", Resource: \"*\"}}"
	tests := []struct {
		name   string
		before []any
		source string
		want   string
	}{
		{"a role", []any{&iam.CreateRoleInput{RoleName: aws.String("cook"), AssumeRolePolicyDocument: trust}}, role, "exists already"},
		{"a role in another case", []any{&iam.CreateRoleInput{RoleName: aws.String("Cook"), AssumeRolePolicyDocument: trust}}, role, "already exists"},
		{"a user", []any{&iam.CreateUserInput{UserName: aws.String("ann")}}, "Resources: {U: {Type: AWS::IAM::User, Properties: {UserName: ann}}}", "exists already"},
		{"a managed policy on another path", []any{&iam.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: document}},
			"Resources: {P: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: p, Path: /x/, PolicyDocument: " + policy + "}}}", "exists already"},
		{"an inline policy", []any{&iam.CreateRoleInput{RoleName: aws.String("theirs"), AssumeRolePolicyDocument: trust},
			&iam.PutRolePolicyInput{RoleName: aws.String("theirs"), PolicyName: aws.String("deny"), PolicyDocument: document}},
			"Resources: {P: {Type: AWS::IAM::Policy, Properties: {PolicyName: deny, Roles: [theirs], PolicyDocument: " + policy + "}}}", "Role theirs has an inline policy deny already"},
		{"an inline policy of a role", []any{&iam.CreateRoleInput{RoleName: aws.String("theirs"), AssumeRolePolicyDocument: trust},
			&iam.PutRolePolicyInput{RoleName: aws.String("theirs"), PolicyName: aws.String("deny"), PolicyDocument: document}},
			"Resources: {P: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: deny, RoleName: theirs, PolicyDocument: " + policy + "}}}", "Role theirs has an inline policy deny already"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, _ := services(t)
			for _, in := range test.before {
				operation := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", in), "*iam."), "Input")
				must(t, run(context.Background(), &deploy{Deployer: d}, iamService, operation, in))
			}
			before := fmt.Sprint(details(t, d))
			_, err := d.Deploy(context.Background(), parsed(t, test.source, nil))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v; want %q", err, test.want)
			}
			if after := fmt.Sprint(details(t, d)); after != before {
				t.Errorf("there was\n  %s\nand is\n  %s", before, after)
			}
		})
	}
}

const twoPolicies = `
Resources:
  Cook:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies: []
  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [!Ref Cook], PolicyDocument: {Statement: {Effect: Deny, Action: "iam:*", Resource: "*"}}}}
`

func TestOneInlinePolicyIsNotGivenTwice(t *testing.T) {
	d, _ := services(t)
	twice := changed(t, twoPolicies, "Policies: []", `Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: "*", Resource: "*"}}}]`)
	_, err := d.Deploy(context.Background(), parsed(t, twice, nil))
	if err == nil || !strings.Contains(err.Error(), "Cook of this stack gives Role") {
		t.Errorf("error %v", err)
	}
}

// The same policy under another logical id, or moved into the role and back,
// must never be missing at the end.
func TestAPolicyThatMovesInTheTemplateStays(t *testing.T) {
	inRole := changed(t, twoPolicies, "Policies: []", `Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Deny, Action: "iam:*", Resource: "*"}}}]`)
	inRole = inRole[:strings.Index(inRole, "  P:")]
	steps := []string{twoPolicies, changed(t, twoPolicies, "  P: {", "  Q: {"), changed(t, twoPolicies, "  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [!Ref Cook]", "  Q: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: p, RoleName: !Ref Cook"), inRole, twoPolicies}
	d, _ := services(t)
	for i, source := range steps {
		o := deployed(t, d, source)
		if r := describeRole(t, d, rowOf(t, d, "Cook").PhysicalID); len(r.inline) != 1 || r.inline["p"] == "" || len(o.Left) > 0 {
			t.Errorf("step %d: the role has %v; left %v", i, r.inline, o.Left)
		}
	}
	deployed(t, d, changed(t, twoPolicies, "  P: {", "  Other: {Type: AWS::Cognito::UserPool}\n  P: {Condition: Never, ", "Resources:", "Conditions: {Never: !Equals [a, b]}\nResources:"))
	if r := describeRole(t, d, rowOf(t, d, "Cook").PhysicalID); len(r.inline) > 0 {
		t.Errorf("the role still has %v", r.inline)
	}
}

func TestARoleThatOthersUseIsNotDeleted(t *testing.T) {
	d, _ := services(t)
	deployed(t, d, twoPolicies)
	ctx, r, cook := context.Background(), &deploy{Deployer: d}, rowOf(t, d, "Cook").PhysicalID
	attached := &iam.AttachRolePolicyInput{RoleName: &cook, PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")}
	must(t, run(ctx, r, iamService, "AttachRolePolicy", attached))
	none := "Resources: {Other: {Type: AWS::Cognito::UserPool}}"
	if o := deployed(t, d, none); !slices.Equal(o.Left, []string{"Cook"}) {
		t.Errorf("left %v", o.Left)
	}
	if role := describeRole(t, d, cook); len(role.attached) != 1 || len(role.inline) > 0 {
		t.Errorf("the role has %+v", role)
	}
	must(t, run(ctx, r, iamService, "DetachRolePolicy", &iam.DetachRolePolicyInput{RoleName: &cook, PolicyArn: attached.PolicyArn}))
	if o := deployed(t, d, none); len(o.Left) > 0 || len(details(t, d)) > 0 {
		t.Errorf("left %v, %v", o.Left, details(t, d))
	}
}

func TestHostileIdentities(t *testing.T) {
	role := func(trust string) string {
		return "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: " + trust + "\n"
	}
	trust := `{Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}}`
	sam := strings.TrimPrefix(samFunctionText, "\n")
	tests := []struct{ name, source, want string }{
		{"no policy", role("[]"), "t.yaml:5:33: AssumeRolePolicyDocument must be a policy, not a list"},
		{"a policy that is none", role("{Statement: {Effect: Perhaps}}"), "t.yaml:5:34: AssumeRolePolicyDocument is not a valid policy: Syntax errors in policy. (Effect must be Allow or Deny)"},
		{"a trust policy with a resource", role(strings.Replace(trust, "Action:", "Resource: \"*\", Action:", 1)), "AssumeRolePolicyDocument is not a valid policy: "},
		{"a policy that is text and no JSON", role(`"{"`), "AssumeRolePolicyDocument is not a valid policy: "},
		{"a policy deep in another", role(trust) + "      Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Resource: \"*\"}]}}]\n", "t.yaml:6:51: PolicyDocument is not a valid policy: "},
		{"a trust policy that is too long", role(strings.Replace(trust, "lambda.amazonaws.com", strings.Repeat("a", 3000)+".amazonaws.com", 1)), "AssumeRolePolicyDocument is not a valid policy: "},
		{"a huge policy", role(trust) + "      Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: \"a:" + strings.Repeat("b", 200_000) + "\", Resource: \"*\"}}}]\n", "PolicyDocument has 200"},
		{"a secret in a policy that is none", "Parameters: {P: {Type: String, NoEcho: true, Default: hunter2}}\n" + role("{Statement: {Effect: !Ref P}}"), "t.yaml:6:34: AssumeRolePolicyDocument is not a valid policy"},
		{"a role and a policy in a circle", role(trust) + "      ManagedPolicyArns: [!Ref M]\n  M: {Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [!Ref R], PolicyDocument: {Version: \"2012-10-17\", Statement: {Effect: Allow, Action: \"*\", Resource: \"*\"}}}}\n", "need each other: R -> M -> R"},
		{"a password", "Resources: {U: {Type: AWS::IAM::User, Properties: {LoginProfile: {Password: hunter2}}}}", `property "LoginProfile" of AWS::IAM::User is not supported: there is no console`},
		{"a policy for nobody", "Resources: {P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [], PolicyDocument: {Statement: {Effect: Allow, Action: \"*\", Resource: \"*\"}}}}}", "AWS::IAM::Policy needs one of Groups, Roles and Users"},
		{"an unknown policy template", sam + "      Policies: [S3ReedPolicy: {BucketName: x}]\n", `t.yaml:9:18: policy template "S3ReedPolicy" is not supported; did you mean "S3ReadPolicy"?`},
		{"a policy template without its blank", sam + "      Policies: [S3ReadPolicy: {}]\n", `policy template S3ReadPolicy needs the property "BucketName"`},
		{"a policy template with another blank", sam + "      Policies: [CloudWatchPutMetricPolicy: {TableName: x}]\n", `unknown property "TableName" of policy template CloudWatchPutMetricPolicy`},
		{"a blank that is a list", sam + "      Policies: [S3ReadPolicy: {BucketName: [a, b]}]\n", "BucketName must be text, not a list"},
		{"two things in one entry", sam + "      Policies: [{S3ReadPolicy: {BucketName: a}, S3CrudPolicy: {BucketName: b}}]\n", "an entry of Policies is the name or ARN"},
		{"a wildcard for a name", sam + "      Policies: [\"*\"]\n", "an entry of Policies is the name or ARN"},
		{"a path for a name", sam + "      Policies: [../../x]\n", "an entry of Policies is the name or ARN"},
		{"a role of that name", sam + "  FnRole: {Type: AWS::Cognito::UserPool}\n", `"FnRole" is the name of a resource that SAM makes`},
		{"a function's boundary that is a list", sam + "      PermissionsBoundary: [x]\n", "PermissionsBoundary must be text, not a list"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := refusals(t, test.source, nil)
			text := strings.Join(got, "\n")
			if len(got) == 0 || !strings.Contains(text, test.want) || strings.Contains(text, "hunter2") {
				t.Errorf("want %q; got %.800s", test.want, text)
			}
		})
	}
}

// What only IAM can refuse is told with the line, and nothing is left.
func TestWhatIAMRefuses(t *testing.T) {
	const allow = `{Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}`
	trust := `{Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}}`
	tests := []struct{ name, source, want string }{
		{"a wildcard for a name", "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {RoleName: \"*\", AssumeRolePolicyDocument: " + trust + "}}", "t.yaml:2:3: R (AWS::IAM::Role): "},
		{"a path for a name", "Resources:\n  R: {Type: AWS::IAM::User, Properties: {UserName: a/b}}", "t.yaml:2:3: R (AWS::IAM::User): "},
		{"a policy for everybody", "Resources:\n  P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [\"*\"], PolicyDocument: " + allow + "}}", "t.yaml:2:3: P (AWS::IAM::Policy): "},
		{"a role that is not there", "Resources:\n  P: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: p, RoleName: nobody, PolicyDocument: " + allow + "}}", "NoSuchEntity"},
		{"a policy of AWS's that is not there", "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {ManagedPolicyArns: [\"arn:aws:iam::aws:policy/NoSuch\"], AssumeRolePolicyDocument: " + trust + "}}", "arn:aws:iam::aws:policy/NoSuch does not exist"},
		{"a boundary that is not there", "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {PermissionsBoundary: \"arn:aws:iam::aws:policy/NoSuch\", AssumeRolePolicyDocument: " + trust + "}}", "arn:aws:iam::aws:policy/NoSuch does not exist"},
		{"a third key", "Resources:\n  U: {Type: AWS::IAM::User}\n  A: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref U}}\n  B: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref U}}\n  C: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref U}}", "t.yaml:5:3: C (AWS::IAM::AccessKey): CreateAccessKey: LimitExceeded"},
		{"policies that are too long together", "Resources:\n  U:\n    Type: AWS::IAM::User\n    Properties:\n      Policies:\n" + strings.Repeat("        - {PolicyName: pN, PolicyDocument: {Statement: {Effect: Allow, Action: \"a:"+strings.Repeat("b", 1500)+"\", Resource: \"*\"}}}\n", 1) +
			"        - {PolicyName: p2, PolicyDocument: {Statement: {Effect: Allow, Action: \"a:" + strings.Repeat("b", 1500) + "\", Resource: \"*\"}}}\n", "LimitExceeded"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, _ := services(t)
			tmpl, err := read("t.yaml", []byte(test.source), Settings{Region: "us-east-1", Account: "000000000000"})
			must(t, err)
			_, err = d.Deploy(context.Background(), tmpl)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v; want %q", err, test.want)
			}
			if have := details(t, d); len(have) > 0 {
				t.Errorf("left behind: %v", have)
			}
		})
	}
}

func TestAPolicysTextIsWhatIsWritten(t *testing.T) {
	tmpl := parsed(t, `
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Principal: {AWS: 012345678901}
            Action: sts:AssumeRole
            Condition: {Bool: {"aws:MultiFactorAuthPresent": true}, NumericLessThan: {"aws:MultiFactorAuthAge": 3600}}
`, nil)
	want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"012345678901"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":true},"NumericLessThan":{"aws:MultiFactorAuthAge":3600}}}]}`
	if got := documentText(tmpl.resources["R"].properties.get("AssumeRolePolicyDocument")); got != want {
		t.Errorf("got\n  %s\nwant\n  %s", got, want)
	}
}
