package restapi

import (
	"context"
	"errors"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

func stageShape(s *gateway.Stage) types.Stage {
	return types.Stage{
		StageName: &s.Name, DeploymentId: &s.DeploymentID, Description: optional(s.Description),
		CacheClusterStatus: types.CacheClusterStatusNotAvailable, MethodSettings: methodSettingsShape(s), AccessLogSettings: accessLogShape(s.AccessLog),
		Variables: s.Variables, Tags: s.Tags, CreatedDate: instant(s.Created), LastUpdatedDate: instant(s.Updated),
	}
}

var (
	stageName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)
)

func checkStageName(name string) error {
	if !stageName.MatchString(name) {
		return badRequest("Invalid stage name: a stage name has up to 128 of a-z, A-Z, 0-9, - and _")
	}
	return nil
}

// insertStage adds a stage within the API's limit.
func insertStage(ctx context.Context, tx *store.Tx, s *gateway.Stage) error {
	n, err := stages.Count(ctx, tx, everythingOfAPI, s.APIID)
	if err != nil {
		return err
	}
	if n >= maxStages {
		return limitExceeded("Maximum number of stages for this API has been reached (%d)", maxStages)
	}
	err = stages.Insert(ctx, tx, s)
	if errors.Is(err, store.ErrExists) {
		return conflict("Stage already exists")
	}
	return err
}

func (svc *Service) createStage(ctx context.Context, call *access.Call, in *apigateway.CreateStageInput) (*apigateway.CreateStageOutput, error) {
	if err := firstRefusal(
		refusalIf{in.CanarySettings != nil, "A canary (canarySettings)"},
		refusalIf{in.CacheClusterEnabled || in.CacheClusterSize != "", "A cache cluster (cacheClusterEnabled)"},
		refusalIf{in.TracingEnabled, "X-Ray tracing (tracingEnabled)"},
		refusalIf{text(in.DocumentationVersion) != "", "A documentation version (documentationVersion)"},
	); err != nil {
		return nil, err
	}
	if err := checkStageName(text(in.StageName)); err != nil {
		return nil, err
	}
	if err := gateway.CheckVariables(in.Variables); err != nil {
		return nil, err
	}
	if err := gateway.CheckTags(in.Tags); err != nil {
		return nil, err
	}
	var made *gateway.Stage
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.RestApiId)
		if err != nil {
			return err
		}
		d, err := readDeployment(ctx, tx, call, in.RestApiId, in.DeploymentId)
		if err != nil {
			return err
		}
		now := call.Time.UnixMilli()
		made = &gateway.Stage{
			APIID: api.ID, Name: text(in.StageName), Region: api.Region, DeploymentID: d.ID,
			Description: text(in.Description), Variables: in.Variables, Tags: in.Tags, Created: now, Updated: now,
		}
		return insertStage(ctx, tx, made)
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.CreateStageOutput](stageShape(made)), nil
}

func (svc *Service) getStage(ctx context.Context, call *access.Call, in *apigateway.GetStageInput) (*apigateway.GetStageOutput, error) {
	s, err := readStage(ctx, svc.db, call, in.RestApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	return as[apigateway.GetStageOutput](stageShape(s)), nil
}

func (svc *Service) getStages(ctx context.Context, call *access.Call, in *apigateway.GetStagesInput) (*apigateway.GetStagesOutput, error) {
	api, err := readAPI(ctx, svc.db, call, in.RestApiId)
	if err != nil {
		return nil, err
	}
	rows, err := stages.List(ctx, svc.db, stagesOfAPI, api.ID)
	if err != nil {
		return nil, err
	}
	out := &apigateway.GetStagesOutput{Item: []types.Stage{}}
	for _, s := range rows {
		if text(in.DeploymentId) == "" || s.DeploymentID == *in.DeploymentId {
			out.Item = append(out.Item, stageShape(s))
		}
	}
	return out, nil
}

func (svc *Service) updateStage(ctx context.Context, call *access.Call, in *apigateway.UpdateStageInput) (*apigateway.UpdateStageOutput, error) {
	var changed *gateway.Stage
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := readAPI(ctx, tx, call, in.RestApiId); err != nil {
			return err
		}
		before, err := readStage(ctx, tx, call, in.RestApiId, in.StageName)
		if err != nil {
			return err
		}
		changed, err = stages.Update(ctx, tx, func(s *gateway.Stage) error {
			settings := settingsPatch{stage: s}
			if err := stagePatch(s, &settings).apply(in.PatchOperations); err != nil {
				return err
			}
			s.Updated = call.Time.UnixMilli()
			if s.DeploymentID != before.DeploymentID || len(settings.touched) > 0 {
				d, err := readDeployment(ctx, tx, call, in.RestApiId, &s.DeploymentID)
				if err != nil {
					return err
				}
				if err := settings.check(&d.Definition); err != nil {
					return err
				}
			}
			return checkAccessLog(call, s.AccessLog)
		}, before.APIID, before.Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.UpdateStageOutput](stageShape(changed)), nil
}

func (svc *Service) deleteStage(ctx context.Context, call *access.Call, in *apigateway.DeleteStageInput) (*apigateway.DeleteStageOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		s, err := readStage(ctx, tx, call, in.RestApiId, in.StageName)
		if err != nil {
			return err
		}
		return orNotFound(stages.Delete(ctx, tx, s.APIID, s.Name), noStage)
	})
	return &apigateway.DeleteStageOutput{}, err
}

const noStage = "Invalid Stage identifier specified"

// flushAuthorizersCache counts: a stage that was written anew remembers nothing of
// what its authorizers' functions have said, on any node. Tokens of user pools need
// no flush: each is verified anew, or found verified in a cache that outlives
// neither the token nor its key.
func (svc *Service) flushAuthorizersCache(ctx context.Context, call *access.Call, in *apigateway.FlushStageAuthorizersCacheInput) (*apigateway.FlushStageAuthorizersCacheOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		s, err := readStage(ctx, tx, call, in.RestApiId, in.StageName)
		if err != nil {
			return err
		}
		_, err = stages.Update(ctx, tx, func(s *gateway.Stage) error { s.Flushes++; return nil }, s.APIID, s.Name)
		return err
	})
	return &apigateway.FlushStageAuthorizersCacheOutput{}, err
}
