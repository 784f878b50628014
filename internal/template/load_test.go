package template

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func refusals(t *testing.T, source string, parameters map[string]string) []string {
	t.Helper()
	_, err := read("t.yaml", []byte(source), Settings{Region: "us-east-1", Account: "000000000000", Parameters: parameters})
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// Each template is refused with exactly these lines; "..." stands for the rest of one.
func TestRefusals(t *testing.T) {
	pool := "Resources:\n  P:\n    Type: AWS::Cognito::UserPool\n"
	sam := "Transform: AWS::Serverless-2016-10-31\n"
	fn := sam + "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: nodejs22.x\n      Handler: index.handler\n      InlineCode: x\n"
	tests := []struct {
		name, source string
		want         []string
	}{
		{"empty", " \n", []string{"t.yaml: the template is empty"}},
		{"not YAML", "a: [1, 2\n", []string{"t.yaml:1:4: not valid YAML: ..."}},
		{"not JSON", "{\"Resources\": {}\n,}", []string{"t.yaml:2:1: not valid JSON: ..."}},
		{"two documents", "Resources: {}\n---\nResources: {}\n", []string{"t.yaml:2:1: a template is one YAML document; a second one starts here"}},
		{"a key twice", pool + "  P:\n    Type: AWS::Cognito::UserPool\n", []string{`t.yaml:4:3: "P" is given twice`}},
		{"a key twice in JSON", "{\"Resources\":\n {\"P\": {\"Type\": \"x\", \"Type\": \"y\"}}}", []string{`t.yaml:2:22: "Type" is given twice`}},
		{"aliases", "Metadata: &a {x: 1}\n" + pool + "Description: *a\n", []string{"t.yaml:1:11: anchors and aliases are not supported...", "t.yaml:5:14: anchors and aliases are not supported..."}},
		{"merge keys", "Metadata:\n  <<: {a: 1}\n" + pool, []string{"t.yaml:2:3: merge keys (<<) are not supported..."}},
		{"nested too deeply", "Metadata: " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "\n", []string{"t.yaml:1:75: nested too deeply; at most 64 levels are allowed"}},
		{"too large", "# " + strings.Repeat("x", maxSize), []string{"t.yaml: the template has 1048578 bytes; at most 1048576 are allowed"}},
		{"no resources", "Description: x\n", []string{"t.yaml:1:1: the template has no section Resources"}},
		{"two unknown types, one list", "Resources:\n  A: {Type: AWS::SNS::Topic}\n  B: {Type: AWS::SQS::Queue}\n", []string{
			`t.yaml:2:13: resource type "AWS::SNS::Topic" is not supported; what is only for AWS can have a Condition that is false here; supported: ...`,
			`t.yaml:3:13: resource type "AWS::SQS::Queue" is not supported; what is only for AWS can have a Condition that is false here`}},
		{"a type that has another way", "Resources:\n  A: {Type: AWS::Lambda::Version}\n", []string{`t.yaml:2:13: resource type "AWS::Lambda::Version" is not supported: the latest code is always what runs...`}},
		{"globals are refused once", sam + "Globals:\n  Function:\n    Layers: [x]\n" + strings.TrimPrefix(fn, sam), []string{`t.yaml:4:5: property "Layers" of Globals.Function is not supported: ...`}},
		{"a runtime that is gone", strings.Replace(fn, "nodejs22.x", "nodejs18.x", 1), []string{`t.yaml:6:16: runtime "nodejs18.x" is not supported; did you mean "nodejs20.x"?; supported: ...`}},
		{"a cache of a stage", sam + "Resources:\n  A:\n    Type: AWS::Serverless::Api\n    Properties:\n      StageName: x\n      MethodSettings: [{ResourcePath: /*, HttpMethod: '*', CacheTtlInSeconds: 1}]\n", []string{`t.yaml:7:60: property "CacheTtlInSeconds" of MethodSettings is not supported: answers are not cached`}},
		{"a tab", "Resources:\n\tA: b\n", []string{"t.yaml:2:1: not valid YAML: a tab cannot indent; use spaces"}},
		{"unknown section", pool + "Resuorces: {}\n", []string{`t.yaml:4:1: unknown section "Resuorces"; did you mean "Resources"?; supported: ...`}},
		{"unsupported section", pool + "Rules: {}\n", []string{"t.yaml:4:1: section Rules is not supported: use AllowedValues..."}},
		{"unknown type", "Resources:\n  P:\n    Type: AWS::Cognito::UserPol\n", []string{`t.yaml:3:11: resource type "AWS::Cognito::UserPol" is not supported; did you mean "AWS::Cognito::UserPool"?; supported: ...`}},
		{"unknown property", pool + "    Properties:\n      UserPoolNam: x\n", []string{`t.yaml:5:7: unknown property "UserPoolNam" of AWS::Cognito::UserPool; did you mean "UserPoolName"?; supported: ...`}},
		{"an internal property", "Resources:\n  P:\n    Type: AWS::Cognito::UserPoolUser\n    Properties: {UserPoolId: a, Username: b, Metadata.Sallyport.PermanentPassword: c}\n", []string{`t.yaml:4:46: unknown property ...`}},
		{"unsupported property", pool + "    Properties:\n      LambdaConfig: {InboundFederation: {}}\n", []string{`t.yaml:5:22: property "InboundFederation" of LambdaConfig is not supported: nobody signs in by other providers`}},
		{"a trigger of no name", pool + "    Properties:\n      LambdaConfig: {PreSignup: a}\n", []string{`t.yaml:5:22: unknown property "PreSignup" of LambdaConfig; did you mean "PreSignUp"?; supported: ...`}},
		{"wrong value", pool + "    Properties:\n      Policies: {PasswordPolicy: {MinimumLength: long, RequireNumbers: maybe}}\n", []string{"t.yaml:5:50: MinimumLength must be a whole number, not text", "t.yaml:5:72: RequireNumbers must be true or false, not text"}},
		{"missing property", "Resources:\n  C:\n    Type: AWS::Cognito::UserPoolClient\n    Properties:\n      ClientName: x\n", []string{`t.yaml:5:7: AWS::Cognito::UserPoolClient needs the property "UserPoolId"`}},
		{"unknown reference", pool + "    Properties:\n      UserPoolName: !Ref Nmae\n", []string{`t.yaml:5:21: "Nmae" is neither a parameter nor a resource of this template`}},
		{"unknown reference in Sub", pool + "    Properties:\n      UserPoolName: !Sub \"x-${Nobody}\"\n", []string{`t.yaml:5:21: "Nobody" is neither a parameter nor a resource of this template`}},
		{"unknown attribute", pool + "Outputs:\n  A:\n    Value: !GetAtt P.ARN\n", []string{`t.yaml:6:12: P (AWS::Cognito::UserPool) has no attribute "ARN"; did you mean "Arn"?; supported: Arn, ProviderName, ProviderURL and UserPoolId`}},
		{"unknown function", pool + "    Properties:\n      UserPoolName: !Subb x\n", []string{`t.yaml:5:21: unknown function !Subb; did you mean "Sub"?`}},
		{"unsupported function", pool + "    Properties:\n      UserPoolName: !ImportValue x\n", []string{"t.yaml:5:21: !ImportValue is not supported: other stacks' exports cannot be imported: use a parameter"}},
		{"a circle", "Resources:\n  A:\n    Type: AWS::Cognito::UserPool\n    DependsOn: B\n  B:\n    Type: AWS::Cognito::UserPool\n    Properties: {UserPoolName: !Ref A}\n", []string{"t.yaml:2:3: these resources need each other: A -> B -> A"}},
		{"depends on nothing", pool + "    DependsOn: Q\n", []string{`t.yaml:2:3: P depends on "Q", which is not a resource of this template`}},
		{"a condition about itself", "Conditions:\n  C: !Not [!Condition C]\n" + pool, []string{`t.yaml:2:11: condition "C" depends on itself`}},
		{"no transform", strings.TrimPrefix(fn, sam), []string{"t.yaml:3:11: AWS::Serverless::Function needs the line `Transform: AWS::Serverless-2016-10-31` at the top of the template"}},
		{"an authorizer that is not there", fn + "      Events:\n        E:\n          Type: Api\n          Properties:\n            Path: /\n            Method: get\n            Auth: {Authorizer: SignedIn}\n",
			[]string{`t.yaml:15:32: API ServerlessRestApi has no authorizer "SignedIn"; it has AWS_IAM and NONE`}},
		{"AWS_IAM with scopes", fn + "      Events: {E: {Type: Api, Properties: {Path: /, Method: get, Auth: {Authorizer: AWS_IAM, InvokeRole: NONE, AuthorizationScopes: [a]}}}}\n",
			[]string{"t.yaml:9:133: AuthorizationScopes have no meaning with AWS_IAM..."}},
		{"an authorizer of two kinds", sam + "Resources:\n  A:\n    Type: AWS::Serverless::Api\n    Properties:\n      StageName: x\n      Auth: {Authorizers: {L: {FunctionArn: arn, UserPoolArn: arn}}}\n",
			[]string{`t.yaml:7:28: authorizer "L" can have UserPoolArn or FunctionArn, not both`}},
		{"scopes without an authorizer", fn + "      Events: {E: {Type: Api, Properties: {Path: /, Method: get, Auth: {AuthorizationScopes: [a]}}}}\n",
			[]string{"t.yaml:9:94: AuthorizationScopes need an authorizer: without one nobody checks them"}},
		{"an API key", fn + "      Events: {E: {Type: Api, Properties: {Path: /, Method: get, Auth: {ApiKeyRequired: true}}}}\n",
			[]string{`t.yaml:9:73: property "ApiKeyRequired" of Auth is not supported: API keys are not supported`}},
		{"a route twice", fn + "      Events:\n        E: {Type: Api, Properties: {Path: /, Method: get}}\n        G: {Type: Api, Properties: {Path: /, Method: GET}}\n", []string{"t.yaml:11:9: GET / is already on line 10"}},
		{"bad paths", fn + "      Events:\n        A: {Type: Api, Properties: {Path: pizza, Method: get}}\n        B: {Type: Api, Properties: {Path: /../x, Method: get}}\n        C: {Type: Api, Properties: {Path: \"/{x+}/y\", Method: get}}\n", []string{
			`t.yaml:10:43: path "pizza" must begin with /`, `t.yaml:11:43: path "/../x" has a part that an API cannot have: ..`, `t.yaml:12:43: path "/{x+}/y" may have {name+} only as its last part`}},
		{"another kind of event", fn + "      Events: {E: {Type: S3, Properties: {}}}\n", []string{`t.yaml:9:26: events of type "S3" are not supported; supported: Api, Cognito and HttpApi`}},
		{"an old runtime", strings.Replace(fn, "nodejs22.x", "go1.x", 1), []string{"t.yaml:6:16: runtime go1.x has been retired by AWS; use provided.al2023"}},
		{"code that is not there", strings.Replace(fn, "InlineCode: x", "CodeUri: nowhere/", 1), []string{"t.yaml:8:16: nowhere does not exist; paths are relative to the template"}},
		{"everything at once", "Foo: 1\nResources:\n  A: {Type: X}\n  B: {Type: AWS::Cognito::UserPool, Properties: {Y: !Ref Z}}\n", []string{
			`t.yaml:1:1: unknown section "Foo"...`, `t.yaml:3:13: resource type "X" is not supported; ...`, `t.yaml:4:50: unknown property "Y" ...`, `t.yaml:4:53: "Z" is neither ...`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := refusals(t, test.source, nil)
			ok := len(got) == len(test.want)
			for i := 0; ok && i < len(got); i++ {
				start, open := strings.CutSuffix(test.want[i], "...")
				ok = got[i] == test.want[i] || open && strings.HasPrefix(got[i], start)
			}
			if !ok {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(test.want, "\n  "))
			}
		})
	}
}

func TestParametersAreChecked(t *testing.T) {
	const section = "Parameters:\n  P: {%s}\nResources:\n  U:\n    Type: AWS::Cognito::UserPool\n    Properties: {UserPoolName: !Ref P}\n"
	tests := []struct{ declaration, value, want string }{
		{"Type: String", "", `parameter "P" has no default: give it a value with --parameter P=VALUE`},
		{"Type: String, AllowedValues: [a, b]", "c", `the value "c" of parameter "P" is not one of the allowed values a and b`},
		{"Type: String, AllowedPattern: '[a-z]+'", "abc1", `the value "abc1" of parameter "P" does not match the pattern [a-z]+`},
		{"Type: String, MinLength: 3", "ab", `the value "ab" of parameter "P" is shorter than 3 characters`},
		{"Type: String, MaxLength: 3, ConstraintDescription: short", "abcd", `the value "abcd" of parameter "P" is longer than 3 characters (short)`},
		{"Type: String, NoEcho: true, MinLength: 9", "hunter2", `the value of parameter "P" is shorter than 9 characters`},
		{"Type: Number", "x", `the value "x" of parameter "P" is not a number`},
		{"Type: Number, MinValue: 2", "1", `the value "1" of parameter "P" is less than 2`},
		{"Type: Number, MaxValue: 2", "NaN2", `the value "NaN2" of parameter "P" is not a number`},
		{"Type: Number", "NaN", `the value "NaN" of parameter "P" is not a number`},
		{"Type: Number", "1e999", `the value "1e999" of parameter "P" is not a number`},
		{"Type: Strng", "x", `unknown parameter type "Strng"; supported are String, Number, CommaDelimitedList and List<Number>`},
		{"Type: 'AWS::SSM::Parameter::Value<String>'", "x", `parameters of type AWS::SSM::Parameter::Value<String> are not supported; use String`},
		{"Type: String, AllowedPattern: '(?=x)'", "x", "AllowedPattern of parameter \"P\" cannot be used: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"},
		{"Type: String", "fine", ""},
	}
	for _, test := range tests {
		given := map[string]string{}
		if test.value != "" {
			given["P"] = test.value
		}
		got := strings.Join(refusals(t, strings.Replace(section, "%s", test.declaration, 1), given), "\n")
		if !strings.HasSuffix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s with %q: %q; want %q", test.declaration, test.value, got, test.want)
		}
	}
	if got := refusals(t, "Resources:\n  U:\n    Type: AWS::Cognito::UserPool\n", map[string]string{"Nobody": "x"}); len(got) != 1 || !strings.Contains(got[0], `parameter "Nobody", which the template does not declare`) {
		t.Errorf("a parameter that is not declared: %q", got)
	}
}

// Every expression is the value of an output, evaluated as in a template with
// parameters, mappings, conditions and a pool.
func TestFunctions(t *testing.T) {
	const around = `
Parameters:
  Name: {Type: String, Default: pizza}
  Names: {Type: CommaDelimitedList, Default: "a, b,c"}
  Count: {Type: Number, Default: 3}
Mappings:
  Sizes: {us-east-1: {small: s1, list: [x, y]}}
Conditions:
  IsPizza: !Equals [!Ref Name, pizza]
  IsNot: !Not [!Condition IsPizza]
  Both: !And [!Condition IsPizza, !Equals [!Ref Count, "3"]]
  Either: !Or [!Condition IsNot, !Condition Both]
Resources:
  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: people}}
Outputs:
  Out:
    Value: `
	tests := []struct{ expression, want string }{
		{"!Ref Name", "pizza"},
		{"{Ref: Name}", "pizza"},
		{"!Ref AWS::Region", "us-east-1"},
		{"!Ref AWS::StackName", "sallyport"},
		{"!Sub '${Name}-${AWS::AccountId}-${!Literal}'", "pizza-000000000000-${Literal}"},
		{"!Sub ['${a}/${Name}', {a: !Ref Count}]", "3/pizza"},
		{"{'Fn::Sub': '${Pool}'}", "us-east-1_Pool1"},
		{"!Sub '${Pool.Arn}'", "arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_Pool1"},
		{"!GetAtt Pool.ProviderURL", "http://127.0.0.1:4566/us-east-1_Pool1"},
		{"!GetAtt [Pool, ProviderName]", "cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool1"},
		{"!Join ['-', [a, !Ref Name, !Ref Pool]]", "a-pizza-us-east-1_Pool1"},
		{"!Join ['', !Ref Names]", "abc"},
		{"!Select [1, !Ref Names]", "b"},
		{"!Select ['1', !Split ['_', !Ref Pool]]", "Pool1"},
		{"!Select [0, !FindInMap [Sizes, !Ref AWS::Region, list]]", "x"},
		{"!FindInMap [Sizes, us-east-1, small]", "s1"},
		{"!If [IsPizza, yes, no]", "yes"},
		{"!If [IsNot, yes, !If [Either, maybe, no]]", "maybe"},
		{"!Base64 abc", "YWJj"},
		{"!Join ['', ['x', !If [IsNot, y, !Ref AWS::NoValue]]]", "x"},
		{"!Sub 000123456789", "000123456789"},
	}
	for _, test := range tests {
		d, _ := newDeployer(t, newAccount(t))
		tmpl, err := read("t.yaml", []byte(around+test.expression), Settings{Region: "us-east-1", Account: "000000000000"})
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
			continue
		}
		o, err := d.Deploy(context.Background(), tmpl)
		if err != nil {
			t.Errorf("%s: %v", test.expression, err)
		} else if got := o.Outputs[0].Value; got != test.want {
			t.Errorf("%s is %q; want %q", test.expression, got, test.want)
		}
	}
}

func TestConditionsDecideWhatIsMade(t *testing.T) {
	const source = "Parameters:\n  Stage: {Type: String, Default: dev}\nConditions:\n  Prod: !Equals [!Ref Stage, prod]\nResources:\n  A:\n    Type: AWS::Cognito::UserPool\n  B:\n    Type: AWS::Cognito::UserPool\n    Condition: Prod\nOutputs:\n  B: {Condition: Prod, Value: !Ref B}\n"
	for stage, want := range map[string]int{"dev": 1, "prod": 2} {
		if got := len(parsed(t, source, map[string]string{"Stage": stage}).resources); got != want {
			t.Errorf("%s: %d resources; want %d", stage, got, want)
		}
	}
	bad := refusals(t, strings.Replace(source, "Condition: Prod, ", "", 1), nil)
	if len(bad) != 1 || !strings.Contains(bad[0], `"B" is not made, because its condition "Prod" is false`) {
		t.Errorf("a reference to what is not made: %q", bad)
	}
}

func TestJSONTemplatesAreReadAlike(t *testing.T) {
	source := "{\n\t\"Resources\": {\n\t\t\"P\": {\"Type\": \"AWS::Cognito::UserPool\", \"Properties\": {\"UserPoolName\": {\"Fn::Sub\": \"${AWS::StackName}-x\"}}}\n\t}\n}"
	got := parsed(t, source, nil).resources["P"].properties.get("UserPoolName")
	if !got.is("sallyport-x") {
		t.Errorf("UserPoolName is %+v", got)
	}
	bad := refusals(t, strings.Replace(source, "UserPoolName", "PoolName", 1), nil)
	if len(bad) != 1 || !strings.HasPrefix(bad[0], `t.yaml:3:58: unknown property "PoolName"`) {
		t.Errorf("refused with %q", bad)
	}
}

func TestTheExampleIsGood(t *testing.T) {
	tmpl, err := Load(filepath.Join("..", "..", "examples", "pizza", "template.yaml"), Settings{Region: "us-east-1", Account: "000000000000"})
	if err != nil {
		t.Fatal(err)
	}
	if len(tmpl.Notes()) > 0 {
		t.Errorf("notes on the example: %v", tmpl.Notes())
	}
	if got := Sources(tmpl); len(got) != 2 || filepath.Base(got[1]) != "function" {
		t.Errorf("sources %v", got)
	}
}

func TestTextCannotGrowWithoutBound(t *testing.T) {
	var b strings.Builder
	b.WriteString("Resources:\n  P: {Type: AWS::Cognito::UserPool}\nOutputs:\n  O:\n    Value: ")
	const depth = 18
	for range depth {
		b.WriteString("!Sub ['${a}${a}${a}${a}${a}${a}${a}${a}', {a: ")
	}
	b.WriteString("!Ref P")
	b.WriteString(strings.Repeat("}]", depth))
	tmpl, err := read("t.yaml", []byte(b.String()), Settings{Region: "us-east-1", Account: "000000000000"})
	if err == nil {
		d, _ := newDeployer(t, newAccount(t))
		_, err = d.Deploy(context.Background(), tmpl)
	}
	var problems Problems
	if !errors.As(err, &problems) || !strings.Contains(err.Error(), "grows too large") {
		t.Errorf("error %v", err)
	}
}
