package function

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

func (a *aliasRow) shape(t target) *types.AliasConfiguration {
	arn := t.at(a.Name).arn()
	out := &types.AliasConfiguration{
		AliasArn: &arn, Description: &a.Description, FunctionVersion: &a.Version, Name: &a.Name, RevisionId: &a.RevisionID,
	}
	if len(a.Weights) > 0 {
		out.RoutingConfig = &types.AliasRoutingConfiguration{AdditionalVersionWeights: maps.Clone(a.Weights)}
	}
	return out
}

// CreateAlias names a version, or two with a weight.
func (s *Service) CreateAlias(ctx context.Context, call *access.Call, in *lambda.CreateAliasInput) (*lambda.CreateAliasOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	name := text(in.Name)
	if !aliasForm.MatchString(name) || isNumber(name) {
		return nil, constraint(name, "name", "Member must satisfy regular expression pattern: "+aliasPattern)
	}
	a := &aliasRow{Region: t.region, Function: t.name, Name: name, Version: text(in.FunctionVersion)}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.row(ctx, tx, t); err != nil {
			return err
		}
		if err := s.aim(ctx, tx, t, a, in.Description, in.RoutingConfig); err != nil {
			return err
		}
		return aliasTable.Insert(ctx, tx, a)
	})
	if errors.Is(err, store.ErrExists) {
		err = conflict("Alias already exists: " + t.at(name).arn())
	}
	if err != nil {
		return nil, err
	}
	c := a.shape(t)
	return &lambda.CreateAliasOutput{AliasArn: c.AliasArn, Description: c.Description, FunctionVersion: c.FunctionVersion,
		Name: c.Name, RevisionId: c.RevisionId, RoutingConfig: c.RoutingConfig}, nil
}

// UpdateAlias changes what it names. An empty RoutingConfig sends everything to one version again.
func (s *Service) UpdateAlias(ctx context.Context, call *access.Call, in *lambda.UpdateAliasInput) (*lambda.UpdateAliasOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	var a *aliasRow
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.row(ctx, tx, t); err != nil {
			return err
		}
		a, err = aliasTable.Update(ctx, tx, func(a *aliasRow) error {
			if in.RevisionId != nil && *in.RevisionId != a.RevisionID {
				return stale("GetFunction/GetAlias")
			}
			if in.FunctionVersion != nil {
				a.Version = *in.FunctionVersion
			}
			return s.aim(ctx, tx, t, a, in.Description, in.RoutingConfig)
		}, t.region, t.name, text(in.Name))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = missing("Alias not found: " + t.at(text(in.Name)).arn())
	}
	if err != nil {
		return nil, err
	}
	c := a.shape(t)
	return &lambda.UpdateAliasOutput{AliasArn: c.AliasArn, Description: c.Description, FunctionVersion: c.FunctionVersion,
		Name: c.Name, RevisionId: c.RevisionId, RoutingConfig: c.RoutingConfig}, nil
}

// aim puts description and routing into an alias and checks that it points to what exists.
func (s *Service) aim(ctx context.Context, tx *store.Tx, t target, a *aliasRow, description *string, routing *types.AliasRoutingConfiguration) (err error) {
	if description != nil {
		if err := (settings{description: description}).apply(&Configuration{}); err != nil {
			return err
		}
		a.Description = *description
	}
	if routing != nil {
		a.Weights = maps.Clone(routing.AdditionalVersionWeights)
	}
	if a.Version != latest && !isNumber(a.Version) {
		return constraint(a.Version, "functionVersion", `Member must satisfy regular expression pattern: (\$LATEST|[0-9]+)`)
	}
	if len(a.Weights) > 1 {
		return invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")
	}
	for other, weight := range a.Weights {
		switch {
		case a.Version == latest || other == latest:
			return invalid("$LATEST is not supported for an alias pointing to more than 1 version")
		case !isNumber(other):
			return constraint(other, "routingConfig.additionalVersionWeights", "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [0-9]+]")
		case other == a.Version:
			return invalid("Invalid function version %s. Function version %s is already included in routing configuration.", other, other)
		case !(weight >= 0 && weight <= 1):
			return constraint("AdditionalVersionWeights", "routingConfig", "Map value must satisfy constraint: [Member must have value less than or equal to 1, greater than or equal to 0]")
		}
	}
	for _, label := range append(slices.Collect(maps.Keys(a.Weights)), a.Version) {
		if label == latest {
			continue
		}
		if _, err := s.versionRow(ctx, tx, t.at(label)); err != nil {
			return err
		}
	}
	a.RevisionID, err = s.newID()
	return err
}

// GetAlias shows an alias.
func (s *Service) GetAlias(ctx context.Context, call *access.Call, in *lambda.GetAliasInput) (*lambda.GetAliasOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	a, err := aliasTable.Get(ctx, s.db, t.region, t.name, text(in.Name))
	if errors.Is(err, store.ErrNotFound) {
		err = missing("Cannot find alias arn: " + t.at(text(in.Name)).arn())
	}
	if err != nil {
		return nil, err
	}
	c := a.shape(t)
	return &lambda.GetAliasOutput{AliasArn: c.AliasArn, Description: c.Description, FunctionVersion: c.FunctionVersion,
		Name: c.Name, RevisionId: c.RevisionId, RoutingConfig: c.RoutingConfig}, nil
}

// DeleteAlias removes an alias and its permissions. One that is not there is no error, as at AWS.
func (s *Service) DeleteAlias(ctx context.Context, call *access.Call, in *lambda.DeleteAliasInput) (*lambda.DeleteAliasOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	return nil, s.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := s.row(ctx, tx, t); err != nil {
			return err
		}
		err := aliasTable.Delete(ctx, tx, t.region, t.name, text(in.Name))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.dropPolicy(ctx, tx, t.at(text(in.Name)))
	})
}

// ListAliases lists aliases by name, of one version if asked.
func (s *Service) ListAliases(ctx context.Context, call *access.Call, in *lambda.ListAliasesInput) (*lambda.ListAliasesOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	scope := t.arn() + "/" + text(in.FunctionVersion)
	p, err := s.page("ListAliases", scope, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	if _, err := s.row(ctx, s.db, t); err != nil {
		return nil, err
	}
	rows, err := aliasTable.List(ctx, s.db, aliasesAfter, t.region, t.name, p.after, p.size+1)
	if err != nil {
		return nil, err
	}
	out := &lambda.ListAliasesOutput{Aliases: []types.AliasConfiguration{}}
	for i, a := range rows {
		if i == p.size {
			out.NextMarker = s.next("ListAliases", scope, rows[i-1].Name)
			break
		}
		if v := text(in.FunctionVersion); v == "" || v == a.Version {
			out.Aliases = append(out.Aliases, *a.shape(t))
		}
	}
	return out, nil
}
