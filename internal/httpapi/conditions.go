package httpapi

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// What policies may be about beside action and ARN: the tags of an API or stage,
// those that a call gives to one or takes from it, and conditionkeys.go.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-control-access.html

// rowReading bounds how long a call waits for the rows that policies are asked about.
const rowReading = 10 * time.Second

// about notes in the call what policies may be about. What is not there has no
// tags: nobody learns from a refusal whether it is.
//
// What belongs to an API has the API's tags, but for stages, which have their own:
// whom a tag keeps from an API it keeps from its routes. A deployment to a stage
// changes both.
func (svc *Service) about(call *access.Call, in any) error {
	c := keys{gateway.ConditionKeys{Keys: access.Keys{}}}
	apiID, stage := member(in, "ApiId"), member(in, "StageName")
	switch in := in.(type) {
	case *apigatewayv2.CreateApiInput:
		c.Gives(in.Tags)
	case *apigatewayv2.CreateStageInput:
		c.Gives(in.Tags)
		stage = ""
	case *apigatewayv2.TagResourceInput:
		c.Gives(in.Tags)
		apiID, stage, _ = taggable(call, text(in.ResourceArn)) // one that is none is the handler's to refuse
	case *apigatewayv2.UntagResourceInput:
		c.Takes(in.TagKeys)
		apiID, stage, _ = taggable(call, text(in.ResourceArn))
	case *apigatewayv2.GetTagsInput:
		apiID, stage, _ = taggable(call, text(in.ResourceArn))
	}
	c.asksFor(in)
	if apiID != "" {
		if err := svc.aboutAPI(c, call, in, apiID, stage); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	call.Conditions = c.Keys
	return nil
}

// aboutAPI notes what stands in the rows that the call is about.
func (svc *Service) aboutAPI(c keys, call *access.Call, in any, apiID, stage string) error {
	ctx, stop := context.WithTimeout(context.Background(), rowReading)
	defer stop()
	api, err := apis.Get(ctx, svc.db, apiID)
	if err != nil || api.Region != call.Region {
		return err
	}
	if _, both := in.(*apigatewayv2.CreateDeploymentInput); both || stage == "" {
		c.Has(api.Tags)
	}
	if stage == "" {
		return svc.describe(ctx, c, in, api)
	}
	s, err := stages.Get(ctx, svc.db, apiID, stage)
	if err != nil {
		return err
	}
	c.Has(s.Tags)
	c.NoteLog(gateway.KeyOfResource, s.AccessLog)
	return nil
}
