package httpapi

import (
	"context"
	"errors"
	"maps"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

func stageShape(s *gateway.Stage) types.Stage {
	shape := types.Stage{
		StageName: &s.Name, AutoDeploy: &s.AutoDeploy, DeploymentId: optional(s.DeploymentID), Description: optional(s.Description),
		LastDeploymentStatusMessage: optional(s.LastStatus), CreatedDate: instant(s.Created), LastUpdatedDate: instant(s.Updated),
		AccessLogSettings: accessLogShape(s.AccessLog), DefaultRouteSettings: settingsShape(s.Settings[allRoutes]),
		RouteSettings: map[string]types.RouteSettings{}, StageVariables: s.Variables, Tags: s.Tags,
	}
	for key, settings := range s.Settings {
		if key != allRoutes {
			shape.RouteSettings[key] = *settingsShape(settings)
		}
	}
	if s.Managed {
		shape.ApiGatewayManaged = aws.Bool(true)
	}
	return shape
}

var stageName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)

func checkStage(s *gateway.Stage, account string) error {
	if s.Name != gateway.DefaultRoute && !stageName.MatchString(s.Name) {
		return badRequest("Invalid stage name: a stage name is $default or has up to 128 of a-z, A-Z, 0-9, - and _")
	}
	if err := checkLength("description", s.Description, longestDescription); err != nil {
		return err
	}
	if err := gateway.CheckVariables(s.Variables); err != nil {
		return err
	}
	if err := checkAccessLog(s.AccessLog, account, s.Region); err != nil {
		return err
	}
	return gateway.CheckTags(s.Tags)
}

func (svc *Service) createStage(ctx context.Context, call *access.Call, in *apigatewayv2.CreateStageInput) (*apigatewayv2.CreateStageOutput, error) {
	if err := firstRefusal(refusalIf{text(in.ClientCertificateId) != "", "A client certificate (clientCertificateId)"}); err != nil {
		return nil, err
	}
	if yes(in.AutoDeploy) && text(in.DeploymentId) != "" {
		return nil, badRequest(bothDeployed)
	}
	now := call.Time.UnixMilli()
	made := &gateway.Stage{
		APIID: text(in.ApiId), Name: text(in.StageName), Region: call.Region, HTTP: true, AutoDeploy: yes(in.AutoDeploy),
		DeploymentID: text(in.DeploymentId), Description: text(in.Description), Variables: in.StageVariables, Tags: in.Tags,
		AccessLog: accessLogOf(in.AccessLogSettings), Created: now, Updated: now,
	}
	if err := changeSettings(made, in.DefaultRouteSettings, in.RouteSettings); err != nil {
		return nil, err
	}
	if err := checkStage(made, call.Account); err != nil {
		return nil, err
	}
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		if made.DeploymentID != "" {
			if _, err := readDeployment(ctx, tx, call, in.ApiId, &made.DeploymentID); err != nil {
				return err
			}
		}
		if err := checkRouteKeys(ctx, tx, api, in.RouteSettings); err != nil {
			return err
		}
		if err := within(ctx, tx, stages, api.ID, "stages", maxStages); err != nil {
			return err
		}
		if err := stages.Insert(ctx, tx, made); err != nil {
			if errors.Is(err, store.ErrExists) {
				return conflict("Stage already exists")
			}
			return err
		}
		if made.AutoDeploy {
			if err := svc.deployTo(ctx, tx, call, api, made.Name); err != nil {
				return err
			}
		}
		made, err = stages.Get(ctx, tx, api.ID, made.Name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.CreateStageOutput](stageShape(made)), nil
}

const bothDeployed = "A deployment cannot be set for a stage that has autoDeploy enabled"

func (svc *Service) getStage(ctx context.Context, call *access.Call, in *apigatewayv2.GetStageInput) (*apigatewayv2.GetStageOutput, error) {
	s, err := readStage(ctx, svc.db, call, in.ApiId, in.StageName)
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.GetStageOutput](stageShape(s)), nil
}

func (svc *Service) getStages(ctx context.Context, call *access.Call, in *apigatewayv2.GetStagesInput) (*apigatewayv2.GetStagesOutput, error) {
	items, next, err := partsOf(ctx, svc, call, list[gateway.Stage]{"GetStages", stagesAfter, stages, func(row *gateway.Stage) string { return row.Name }},
		in.ApiId, in.NextToken, in.MaxResults, stageShape)
	if err != nil {
		return nil, err
	}
	return &apigatewayv2.GetStagesOutput{Items: items, NextToken: next}, nil
}

// changeStage reads a stage, changes it, and lets it serve what it now names.
func (svc *Service) changeStage(ctx context.Context, call *access.Call, apiID, name *string, do func(tx *store.Tx, api *API, s *gateway.Stage) error) (*gateway.Stage, error) {
	var changed *gateway.Stage
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, apiID)
		if err != nil {
			return err
		}
		before, err := readStage(ctx, tx, call, apiID, name)
		if err != nil {
			return err
		}
		changed, err = stages.Update(ctx, tx, func(s *gateway.Stage) error {
			s.Updated = call.Time.UnixMilli()
			if err := do(tx, api, s); err != nil {
				return err
			}
			return checkStage(s, call.Account)
		}, api.ID, text(name))
		if err != nil {
			return err
		}
		if changed.AutoDeploy && !before.AutoDeploy {
			if err := svc.deployTo(ctx, tx, call, api, changed.Name); err != nil {
				return err
			}
			changed, err = stages.Get(ctx, tx, api.ID, changed.Name)
		}
		return err
	})
	return changed, err
}

func (svc *Service) updateStage(ctx context.Context, call *access.Call, in *apigatewayv2.UpdateStageInput) (*apigatewayv2.UpdateStageOutput, error) {
	if err := firstRefusal(refusalIf{text(in.ClientCertificateId) != "", "A client certificate (clientCertificateId)"}); err != nil {
		return nil, err
	}
	changed, err := svc.changeStage(ctx, call, in.ApiId, in.StageName, func(tx *store.Tx, api *API, s *gateway.Stage) error {
		if s.Managed && in.AutoDeploy != nil && !*in.AutoDeploy {
			return badRequest("The stage $default that was created with its API deploys by itself")
		}
		change(&s.AutoDeploy, in.AutoDeploy)
		change(&s.Description, in.Description)
		if text(in.DeploymentId) != "" && *in.DeploymentId != s.DeploymentID {
			if s.AutoDeploy {
				return badRequest(bothDeployed)
			}
			if _, err := readDeployment(ctx, tx, call, in.ApiId, in.DeploymentId); err != nil {
				return err
			}
			s.DeploymentID = *in.DeploymentId
		}
		s.Variables = maps.Clone(s.Variables)
		merge(&s.Variables, in.StageVariables)
		if in.AccessLogSettings != nil {
			s.AccessLog = accessLogOf(in.AccessLogSettings)
		}
		if err := checkRouteKeys(ctx, tx, api, in.RouteSettings); err != nil {
			return err
		}
		return changeSettings(s, in.DefaultRouteSettings, in.RouteSettings)
	})
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.UpdateStageOutput](stageShape(changed)), nil
}

// deleteStage ends the URLs of a stage. What it alone served of what it deployed
// by itself goes with it.
func (svc *Service) deleteStage(ctx context.Context, call *access.Call, in *apigatewayv2.DeleteStageInput) (*apigatewayv2.DeleteStageOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		s, err := readStage(ctx, tx, call, in.ApiId, in.StageName)
		if err != nil {
			return err
		}
		if err := stages.Delete(ctx, tx, s.APIID, s.Name); err != nil {
			return orNotFound(err, "Stage", s.Name)
		}
		return forget(ctx, tx, s.APIID, s.DeploymentID)
	})
	return &apigatewayv2.DeleteStageOutput{}, err
}

// resetAuthorizersCache lets every node forget what authorizers have answered
// for the stage.
func (svc *Service) resetAuthorizersCache(ctx context.Context, call *access.Call, in *apigatewayv2.ResetAuthorizersCacheInput) (*apigatewayv2.ResetAuthorizersCacheOutput, error) {
	_, err := svc.changeStage(ctx, call, in.ApiId, in.StageName, func(_ *store.Tx, _ *API, s *gateway.Stage) error {
		s.Flushes++
		return nil
	})
	return &apigatewayv2.ResetAuthorizersCacheOutput{}, err
}
