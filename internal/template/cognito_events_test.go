package template

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// The function may change people of its pool. That stands in a policy beside its
// role: in the function it would be a circle, at AWS as well.
const withPeople = `Transform: AWS::Serverless-2016-10-31
Resources:
  Ann:
    Type: AWS::Cognito::UserPoolUser
    Properties: {UserPoolId: !Ref Pool, Username: ann, ClientMetadata: {from: template}, ValidationData: [{Name: a, Value: b}]}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: greeter
      Runtime: nodejs22.x
      Handler: index.handler
      InlineCode: "exports.handler = async e => e"
      Events:
        Moments: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: [PreSignUp, PostConfirmation]}}
        Words: {Type: Cognito, Properties: {UserPool: !Ref Pool, Trigger: CustomMessage}}
        Others: {Type: Cognito, Properties: {UserPool: !Ref Others, Trigger: PreSignUp}}
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: people
      LambdaConfig: {PreTokenGenerationConfig: {LambdaArn: !GetAtt Fn.Arn, LambdaVersion: V2_0}}
  Others: {Type: AWS::Cognito::UserPool}
  MayChangePeople:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: change
      Roles: [!Ref FnRole]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "cognito-idp:AdminUpdateUserAttributes", Resource: !GetAtt Pool.Arn}]}
`

func TestEventsOfFunctionsAreTriggersOfPools(t *testing.T) {
	// No person is made by this server's own services: their triggers cannot run here.
	_, rest, _ := strings.Cut(withPeople, "  Fn:\n")
	source := "Transform: AWS::Serverless-2016-10-31\nResources:\n  Fn:\n" + rest
	d, _ := services(t)
	pools := map[string]*cognitotypes.UserPoolType{}
	look := func(source string) {
		for _, p := range deployed(t, d, source).Pools {
			pools[p.Name] = describedPool(t, d, p.ID)
		}
	}
	look(source)
	const arn = "arn:aws:lambda:us-east-1:000000000000:function:greeter"
	people := pools["people"]
	of := people.LambdaConfig
	if of == nil || aws.ToString(of.PreSignUp) != arn || aws.ToString(of.PostConfirmation) != arn || aws.ToString(of.CustomMessage) != arn ||
		of.PreTokenGenerationConfig == nil || aws.ToString(of.PreTokenGenerationConfig.LambdaArn) != arn || of.PreTokenGenerationConfig.LambdaVersion != "V2_0" || of.UserMigration != nil {
		t.Errorf("got %+v", of)
	}
	policy, err := invoke[lambda.GetPolicyOutput](context.Background(), &deploy{Deployer: d}, "lambda", "GetPolicy", &lambda.GetPolicyInput{FunctionName: aws.String("greeter")})
	must(t, err)
	if text := *policy.Policy; strings.Count(text, "cognito-idp.amazonaws.com") != 2 || !strings.Contains(text, *people.Arn) || strings.Count(text, "lambda:InvokeFunction") != 2 {
		t.Errorf("the function's policy is %s", text)
	}
	if again := deployed(t, d, source); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	look(changed(t, source, "Trigger: [PreSignUp, PostConfirmation]", "Trigger: UserMigration", "      LambdaConfig: {PreTokenGenerationConfig: {LambdaArn: !GetAtt Fn.Arn, LambdaVersion: V2_0}}\n", ""))
	of = pools["people"].LambdaConfig
	if *pools["people"].Id != *people.Id || of.PreSignUp != nil || of.PostConfirmation != nil || of.PreTokenGeneration != nil || of.PreTokenGenerationConfig != nil ||
		aws.ToString(of.UserMigration) != arn || aws.ToString(of.CustomMessage) != arn {
		t.Errorf("after a change it is %+v", of)
	}
	look(changed(t, source, "Moments: {Type", "# {Type", "Words: {Type", "# {Type", "      LambdaConfig", "#      LambdaConfig"))
	if of = pools["people"].LambdaConfig; of != nil && *of != (cognitotypes.LambdaConfigType{}) {
		t.Errorf("without events it is %+v", of)
	}
}

// A pool's people are made when its triggers may run for them.
func TestAPoolsPeopleWaitForItsTriggers(t *testing.T) {
	order := parsed(t, withPeople, nil).order
	at := func(id string) int { return slices.Index(order, id) }
	for _, permission := range []string{"FnCognitoPermission", "FnCognitoPermissionOthers"} {
		if at(permission) < 0 {
			t.Fatalf("there is no %s in %v", permission, order)
		}
	}
	if at("Ann") < at("FnCognitoPermission") {
		t.Errorf("the order is %v", order)
	}
	account := newAccount(t)
	d, _ := newDeployer(t, account)
	deployed(t, d, withPeople)
	in := account.inputs["AdminCreateUser"].(*cognito.AdminCreateUserInput)
	if in.ClientMetadata["from"] != "template" || len(in.ValidationData) != 1 || aws.ToString(in.ValidationData[0].Value) != "b" {
		t.Errorf("triggers are told %v and %v", in.ClientMetadata, in.ValidationData)
	}
}

// What CloudFormation and SAM cannot make in any order, is refused here, too.
func TestTriggersInACircle(t *testing.T) {
	for name, properties := range map[string]string{
		"by its variables": "      Environment: {Variables: {POOL: !Ref Pool}}\n",
		"by its role":      "      Policies: [{Statement: [{Effect: Allow, Action: '*', Resource: !GetAtt Pool.Arn}]}]\n",
	} {
		source := changed(t, withPeople, "      FunctionName: greeter\n", properties)
		_, err := read(filepath.Join(t.TempDir(), "t.yaml"), []byte(source), Settings{Region: "us-east-1", Account: "000000000000"})
		if err == nil || !strings.Contains(err.Error(), "these resources need each other: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A function that a condition leaves out is nobody's trigger.
func TestAFunctionThatIsLeftOutIsNoTrigger(t *testing.T) {
	source := changed(t, withPeople, "Resources:\n", "Conditions: {Never: !Equals [a, b]}\nResources:\n", "  Fn:\n    Type: AWS::Serverless::Function\n", "  Fn:\n    Condition: Never\n    Type: AWS::Serverless::Function\n",
		"      LambdaConfig", "#      LambdaConfig", "!Ref FnRole", "none")
	made := parsed(t, source, nil)
	if made.resources["Fn"] != nil || made.resources["FnCognitoPermission"] != nil || made.resources["Pool"].properties.get("LambdaConfig") != nil {
		t.Errorf("made are %v", made.order)
	}
}
