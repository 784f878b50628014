package template

import (
	"context"
	"strings"
	"testing"
)

const loggedAPI = `
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Resources:
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/apigateway/pets, RetentionInDays: 7}}
  Unnamed: {Type: AWS::Logs::LogGroup}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      AccessLogSetting: {DestinationArn: !GetAtt Log.Arn, Format: $context.requestId}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      AccessLogSettings: {DestinationArn: !GetAtt Unnamed.Arn, Format: $context.requestId}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      InlineCode: "exports.handler = async () => ({})"
      Events:
        A: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a, Method: get}}
        B: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: /b, Method: get}}
Outputs:
  Name: {Value: !Ref Log}
  Other: {Value: !GetAtt Unnamed.Arn}
`

// Published templates make the log group of their access log themselves.
func TestAccessLogsGoToALogGroupOfTheTemplate(t *testing.T) {
	d, _ := services(t)
	o := deployed(t, d, loggedAPI)
	for _, out := range o.Outputs {
		switch {
		case out.Name == "Name" && out.Value != "/aws/apigateway/pets":
			t.Errorf("its name is %s", out.Value)
		case out.Name == "Other" && (!strings.HasPrefix(out.Value, "arn:aws:logs:us-east-1:000000000000:log-group:") || !strings.HasSuffix(out.Value, ":*")):
			t.Errorf("the other's ARN is %s", out.Value)
		}
	}
	if len(o.Notes) != 1 || !strings.Contains(o.Notes[0].String(), "RetentionInDays") {
		t.Errorf("notes %v", o.Notes)
	}
	if again := deployed(t, d, loggedAPI); len(again.Changes) > 0 {
		t.Errorf("a second deploy changes %+v", again.Changes)
	}
	// Nothing would ever stand in a group for a function's log.
	_, err := d.Deploy(context.Background(), parsed(t, strings.Replace(loggedAPI, "/aws/apigateway/pets", `!Sub "/aws/lambda/${Fn}"`, 1), nil))
	if err == nil || !strings.Contains(err.Error(), "functions' logs") {
		t.Errorf("a group for a function's log: %v", err)
	}
}
