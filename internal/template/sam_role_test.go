package template

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

const samFunctionText = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      InlineCode: "exports.handler = async () => ({})"
`

// roleOf is a role of the account with all that is on it.
type roleOf struct {
	name, arn, path, trust, boundary string
	attached                         []string
	inline                           map[string]string
	tags                             map[string]string
}

func describeRole(t testing.TB, d *Deployer, name string) roleOf {
	t.Helper()
	ctx, run := context.Background(), &deploy{Deployer: d}
	out, err := invoke[iam.GetRoleOutput](ctx, run, iamService, "GetRole", &iam.GetRoleInput{RoleName: &name})
	must(t, err)
	r := roleOf{name: *out.Role.RoleName, arn: *out.Role.Arn, path: *out.Role.Path, trust: decoded(t, out.Role.AssumeRolePolicyDocument), inline: map[string]string{}, tags: map[string]string{}}
	if b := out.Role.PermissionsBoundary; b != nil {
		r.boundary = *b.PermissionsBoundaryArn
	}
	for _, tag := range out.Role.Tags {
		r.tags[*tag.Key] = *tag.Value
	}
	attached, err := invoke[iam.ListAttachedRolePoliciesOutput](ctx, run, iamService, "ListAttachedRolePolicies", &iam.ListAttachedRolePoliciesInput{RoleName: &name})
	must(t, err)
	for _, p := range attached.AttachedPolicies {
		r.attached = append(r.attached, *p.PolicyArn)
	}
	names, err := invoke[iam.ListRolePoliciesOutput](ctx, run, iamService, "ListRolePolicies", &iam.ListRolePoliciesInput{RoleName: &name})
	must(t, err)
	for _, policy := range names.PolicyNames {
		p, err := invoke[iam.GetRolePolicyOutput](ctx, run, iamService, "GetRolePolicy", &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &policy})
		must(t, err)
		r.inline[policy] = decoded(t, p.PolicyDocument)
	}
	return r
}

func decoded(t testing.TB, document *string) string {
	t.Helper()
	text, err := url.QueryUnescape(aws.ToString(document))
	must(t, err)
	return text
}

// rowOf is what the stack knows of a resource.
func rowOf(t testing.TB, d *Deployer, id string) *resourceRow {
	t.Helper()
	run := &deploy{Deployer: d, Template: &Template{stack: "sallyport"}}
	must(t, run.load(context.Background()))
	row := run.current(id)
	if row == nil {
		t.Fatalf("%s is not there", id)
	}
	return row
}

func TestAFunctionWithoutARoleGetsSAMs(t *testing.T) {
	d, _ := services(t)
	deployed(t, d, samFunctionText+"Outputs: {Role: {Value: !GetAtt FnRole.Arn}, Name: {Value: !Ref FnRole}}\n")
	row := rowOf(t, d, "FnRole")
	if !strings.HasPrefix(row.PhysicalID, "sallyport-FnRole-") || len(row.PhysicalID) != len("sallyport-FnRole-")+12 {
		t.Errorf("the role is called %s", row.PhysicalID)
	}
	r := describeRole(t, d, row.PhysicalID)
	if want := []string{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}; !slices.Equal(r.attached, want) || len(r.inline) > 0 {
		t.Errorf("attached %v, inline %v", r.attached, r.inline)
	}
	if want := `{"Version":"2012-10-17","Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com"]}}]}`; r.trust != want {
		t.Errorf("trust %s", r.trust)
	}
	if r.tags["lambda:createdBy"] != "SAM" {
		t.Errorf("tags %v", r.tags)
	}
	fn, err := invoke[lambda.GetFunctionConfigurationOutput](context.Background(), &deploy{Deployer: d}, "lambda", "GetFunctionConfiguration",
		&lambda.GetFunctionConfigurationInput{FunctionName: &rowOf(t, d, "Fn").PhysicalID})
	must(t, err)
	if *fn.Role != r.arn {
		t.Errorf("the function has the role %s; want %s", *fn.Role, r.arn)
	}
	if again := deployed(t, d, samFunctionText); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	deployed(t, d, "Resources: {Other: {Type: AWS::Cognito::UserPool}}")
	roles, err := invoke[iam.ListRolesOutput](context.Background(), &deploy{Deployer: d}, iamService, "ListRoles", &iam.ListRolesInput{})
	must(t, err)
	if len(roles.Roles) > 0 {
		t.Errorf("left behind: %v", roles.Roles)
	}
}

func TestPoliciesOfAFunction(t *testing.T) {
	const standard = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
	here := ":us-east-1:000000000000:"
	tests := []struct {
		name, policies string
		attached       []string
		inline         map[string]string // name -> document
	}{
		{"a name", "Policies: AWSLambda_ReadOnlyAccess", []string{"arn:aws:iam::aws:policy/AWSLambda_ReadOnlyAccess", standard}, nil},
		{"the standard one again", "Policies: [AWSLambdaBasicExecutionRole, AWSLambdaSQSQueueExecutionRole]", []string{standard, "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"}, nil},
		{"an ARN", "Policies: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess']", []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", standard}, nil},
		{"one of the template's", "Policies: [!Ref Own]", []string{"arn:aws:iam::000000000000:policy/own", standard}, nil},
		{"traced", "Tracing: Active", []string{"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess", standard}, nil},
		{"a statement", "Policies: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}", []string{standard},
			map[string]string{"FnRolePolicy0": `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`}},
		{"named by their place", "Policies: [AWSLambdaRole, {Version: 2012-10-17, Statement: [{Effect: Deny, Action: 'iam:*', Resource: '*'}]}, {CloudWatchPutMetricPolicy: {}}]",
			[]string{standard, "arn:aws:iam::aws:policy/service-role/AWSLambdaRole"}, map[string]string{
				"FnRolePolicy1": `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`,
				"FnRolePolicy2": `{"Statement":[{"Effect":"Allow","Action":["cloudwatch:PutMetricData"],"Resource":["*"]}]}`}},
		{"a template of SAM's", "Policies: [DynamoDBReadPolicy: {TableName: pizzas}]", []string{standard}, map[string]string{
			"FnRolePolicy0": `{"Statement":[{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Scan","dynamodb:Query","dynamodb:BatchGetItem","dynamodb:DescribeTable"],"Resource":["arn:aws:dynamodb` + here + `table/pizzas","arn:aws:dynamodb` + here + `table/pizzas/index/*"]}]}`}},
		{"with what is not known yet", "Policies: [LambdaInvokePolicy: {FunctionName: !Ref Pool}]", []string{standard}, map[string]string{
			"FnRolePolicy0": `{"Statement":[{"Effect":"Allow","Action":["lambda:InvokeFunction"],"Resource":["arn:aws:lambda` + here + `function:POOL*"]}]}`}},
		{"a bucket", "Policies: [S3ReadPolicy: {BucketName: menu}]", []string{standard}, map[string]string{
			"FnRolePolicy0": `{"Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket","s3:GetBucketLocation","s3:GetObjectVersion","s3:GetLifecycleConfiguration"],"Resource":["arn:aws:s3:::menu","arn:aws:s3:::menu/*"]}]}`}},
		{"a secret by its ARN", "Policies: [AWSSecretsManagerGetSecretValuePolicy: {SecretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:x'}]", []string{standard}, map[string]string{
			"FnRolePolicy0": `{"Statement":[{"Effect":"Allow","Action":["secretsmanager:GetSecretValue"],"Resource":["arn:aws:secretsmanager` + here + `secret:x"]}]}`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, _ := services(t)
			run := &deploy{Deployer: d}
			if strings.Contains(test.policies, "Own") {
				_, err := invoke[iam.CreatePolicyOutput](context.Background(), run, iamService, "CreatePolicy", &iam.CreatePolicyInput{
					PolicyName: aws.String("own"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)})
				must(t, err)
			}
			source := strings.Replace(samFunctionText, "Resources:", "Parameters: {Own: {Type: String, Default: 'arn:aws:iam::000000000000:policy/own'}}\nResources:\n  Pool: {Type: AWS::Cognito::UserPool}", 1)
			deployed(t, d, source+"      "+test.policies+"\n")
			r := describeRole(t, d, rowOf(t, d, "FnRole").PhysicalID)
			if !slices.Equal(r.attached, test.attached) {
				t.Errorf("attached %v; want %v", r.attached, test.attached)
			}
			if len(r.inline) != len(test.inline) {
				t.Errorf("inline %v; want %v", r.inline, test.inline)
			}
			pool := rowOf(t, d, "Pool").PhysicalID
			for name, want := range test.inline {
				if want = strings.ReplaceAll(want, "POOL", pool); r.inline[name] != want {
					t.Errorf("%s is\n  %s\nwant\n  %s", name, r.inline[name], want)
				}
			}
		})
	}
}

// Every template gives a policy that IAM takes, with all of its blanks filled.
func TestEveryPolicyTemplateIsAPolicy(t *testing.T) {
	for name, template := range policyTemplates {
		values, want := map[string]string{}, map[string]bool{}
		for _, p := range template.parameters() {
			values[p] = "value-of-" + p
			want[values[p]] = true
			if p == "SecretArn" {
				values[p] = "arn:aws:secretsmanager:us-east-1:000000000000:secret:value-of-SecretArn"
			}
		}
		given, err := json.Marshal([]any{map[string]any{name: values}})
		must(t, err)
		tmpl := parsed(t, samFunctionText+"      Policies: "+string(given)+"\n", nil)
		text := documentText(tmpl.resources["FnRole"].properties.get("Policies").items[0].get("PolicyDocument"))
		for value := range want {
			if !strings.Contains(text, value) {
				t.Errorf("%s: %s is not in %s", name, value, text)
			}
		}
		if strings.ContainsAny(strings.Trim(text, "{}"), "@") || strings.Contains(text, "{TableName}") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
