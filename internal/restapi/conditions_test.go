package restapi_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
)

func TestPoliciesAreAskedAboutTags(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	a.open("GET", "/menu")
	deployment := a.deploy("prod")
	arn := "arn:aws:apigateway:" + region + "::/restapis/" + a.id
	for _, c := range []struct {
		name string
		call func() error
		want map[string][]string
	}{
		{"creating", func() error {
			_, err := w.client.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("n"), Tags: map[string]string{"Team": "red", "env": "dev"}})
			return err
		}, map[string][]string{"aws:requesttag/team": {"red"}, "aws:requesttag/env": {"dev"}, "aws:tagkeys": {"Team", "env"}}},
		{"tagging what has none", func() error {
			_, err := w.client.TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"Team": "red"}})
			return err
		}, map[string][]string{"aws:requesttag/team": {"red"}, "aws:tagkeys": {"Team"}}},
		{"tagging again", func() error {
			_, err := w.client.TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"env": "dev", "TEAM": "x"}})
			return err
		}, map[string][]string{"aws:requesttag/env": {"dev"}, "aws:requesttag/team": {"x"}, "aws:tagkeys": {"TEAM", "env"}, "aws:resourcetag/team": {"red"}}},
		{"reading", func() error {
			_, err := w.client.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: &a.id})
			return err
		}, map[string][]string{"aws:resourcetag/team": {"x", "red"}, "aws:resourcetag/env": {"dev"}}},
		{"a stage of its own", func() error {
			_, err := w.client.CreateStage(ctx, &apigateway.CreateStageInput{RestApiId: &a.id, StageName: aws.String("test"), DeploymentId: &deployment, Tags: map[string]string{"env": "test"}})
			return err
		}, map[string][]string{"aws:requesttag/env": {"test"}, "aws:tagkeys": {"env"}}},
		{"the stage", func() error {
			_, err := w.client.GetStage(ctx, &apigateway.GetStageInput{RestApiId: &a.id, StageName: aws.String("test")})
			return err
		}, map[string][]string{"aws:resourcetag/env": {"test"}}},
		{"untagging the stage", func() error {
			_, err := w.client.UntagResource(ctx, &apigateway.UntagResourceInput{ResourceArn: aws.String(arn + "/stages/test"), TagKeys: []string{"env"}})
			return err
		}, map[string][]string{"aws:tagkeys": {"env"}, "aws:resourcetag/env": {"test"}}},
	} {
		if err := c.call(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := w.asked.conditions; !maps.EqualFunc(got, c.want, slices.Equal[[]string]) {
			t.Errorf("%s: asked about %v, want %v", c.name, got, c.want)
		}
	}
	// What is not there says nothing of itself, and is refused by the handler.
	_, err := w.client.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: aws.String("nosuchapi1")})
	expectError(t, err, "NotFoundException", "nosuchapi1")
	if len(w.asked.conditions) > 0 {
		t.Errorf("asked about %v", w.asked.conditions)
	}
}
