package restapi

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
)

// What policies may be about beside action and ARN: the tags of an API or stage,
// those that a call gives to one or takes from it, and conditionkeys.go.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-control-access.html

// rowReading bounds how long a call waits for the rows that policies are asked about.
const rowReading = 10 * time.Second

// about notes in the call what policies may be about. What is not there has no
// tags: nobody learns from a refusal whether it is.
//
// What belongs to an API has the API's tags, but for stages, which have their own.
func (svc *Service) about(call *access.Call, in any) error {
	c := keys{gateway.ConditionKeys{Keys: access.Keys{}}}
	apiID := memberOf(in, "RestApiId")
	var stage string
	switch in := in.(type) {
	case *apigateway.CreateRestApiInput:
		c.Gives(in.Tags)
	case *apigateway.CreateStageInput:
		c.Gives(in.Tags)
		apiID = ""
	case *apigateway.TagResourceInput:
		c.Gives(in.Tags)
		apiID, stage, _ = taggable(call, text(in.ResourceArn)) // one that is none is the handler's to refuse
	case *apigateway.UntagResourceInput:
		c.Takes(in.TagKeys)
		apiID, stage, _ = taggable(call, text(in.ResourceArn))
	case *apigateway.GetTagsInput:
		apiID, stage, _ = taggable(call, text(in.ResourceArn))
	case *apigateway.GetStagesInput:
		apiID = ""
	case *apigateway.CreateDeploymentInput: // whose stage is the one that it makes
	default:
		stage = memberOf(in, "StageName")
	}
	c.asksFor(in)
	if apiID != "" {
		if err := svc.describe(c, call, in, apiID, stage); err != nil {
			return err
		}
	}
	call.Conditions = c.Keys
	return nil
}

// memberOf is what a member of an input holds, "" if the input has none of that name.
func memberOf(in any, name string) string {
	member := reflect.ValueOf(in).Elem().FieldByName(name)
	if !member.IsValid() {
		return ""
	}
	p, _ := member.Interface().(*string)
	return text(p)
}

// describe notes what stands in the rows that the call is about.
func (svc *Service) describe(c keys, call *access.Call, in any, apiID, stage string) error {
	ctx, stop := context.WithTimeout(context.Background(), rowReading)
	defer stop()
	api, err := readAPI(ctx, svc.db, call, &apiID)
	if err != nil {
		return unlessMissing(err)
	}
	if stage == "" {
		c.Has(api.Tags)
		return unlessMissing(svc.describePart(ctx, c, call, in, api))
	}
	s, err := readStage(ctx, svc.db, call, &apiID, &stage)
	if err != nil {
		return unlessMissing(err)
	}
	c.Has(s.Tags)
	c.NoteLog(gateway.KeyOfResource, s.AccessLog)
	return nil
}

func unlessMissing(err error) error {
	if _, missing := errors.AsType[*types.NotFoundException](err); missing {
		return nil
	}
	return err
}
