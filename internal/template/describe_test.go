package template

import "testing"

// Who reads that a route is open must hear of the policy that stands before it.
func TestAnAPIWithAResourcePolicySaysSo(t *testing.T) {
	d, _ := newDeployer(t, newAccount(t))
	o := deployed(t, d, `
Transform: AWS::Serverless-2016-10-31
Resources:
  Guarded:
    Type: AWS::Serverless::Api
    Properties: {Name: guarded, StageName: v1, Auth: {ResourcePolicy: {IpRangeWhitelist: [127.0.0.0/8]}}}
  Plain:
    Type: AWS::Serverless::Api
    Properties: {Name: plain, StageName: v1}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      InlineCode: "exports.handler = async () => ({})"
      Events:
        A: {Type: Api, Properties: {RestApiId: !Ref Guarded, Path: /a, Method: get}}
        B: {Type: Api, Properties: {RestApiId: !Ref Plain, Path: /b, Method: get}}
`)
	for _, api := range o.APIs {
		if api.Kind != "REST" || api.HasPolicy != (api.Name == "guarded") {
			t.Errorf("%s is told as a %s API, with a policy: %v", api.Name, api.Kind, api.HasPolicy)
		}
	}
	if len(o.APIs) != 2 {
		t.Errorf("%d APIs", len(o.APIs))
	}
}
