package function

import (
	"context"
	"errors"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// GetFunction shows a version, with a link to its package if the server serves packages.
func (s *Service) GetFunction(ctx context.Context, call *access.Call, in *lambda.GetFunctionInput) (*lambda.GetFunctionOutput, error) {
	t, err := here(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	row, label, c, err := s.configuration(ctx, t)
	if err != nil {
		return nil, err
	}
	shown, err := s.describe(t, label, c)
	if err != nil {
		return nil, err
	}
	out := &lambda.GetFunctionOutput{Configuration: shown, Tags: maps.Clone(row.Tags)}
	if row.Reserved != nil {
		out.Concurrency = &types.Concurrency{ReservedConcurrentExecutions: row.Reserved}
	}
	if s.codeURL != "" {
		link := s.codeLink(c.CodeSHA256, call.Time)
		out.Code = &types.FunctionCodeLocation{Location: &link}
	}
	return out, nil
}

// GetFunctionConfiguration shows a version.
func (s *Service) GetFunctionConfiguration(ctx context.Context, call *access.Call, in *lambda.GetFunctionConfigurationInput) (*lambda.GetFunctionConfigurationOutput, error) {
	t, err := here(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	_, label, c, err := s.configuration(ctx, t)
	if err != nil {
		return nil, err
	}
	return shaped[lambda.GetFunctionConfigurationOutput](s.describe(t, label, c))
}

// configuration reads the version that t names by number, alias, $LATEST or not at all.
func (s *Service) configuration(ctx context.Context, t target) (row *functionRow, label string, c *Configuration, err error) {
	if row, err = functionTable.Get(ctx, s.db, t.region, t.name); err == nil {
		label = t.qualifier
		if label != "" && label != latest && !isNumber(label) {
			var a *aliasRow
			if a, err = aliasTable.Get(ctx, s.db, t.region, t.name, label); err == nil {
				label = a.Version
			}
		}
	}
	if errors.Is(err, store.ErrNotFound) {
		err = notFound(t.arn())
	}
	if err != nil {
		return nil, "", nil, err
	}
	if label == "" || label == latest {
		return row, latest, &row.Latest, nil
	}
	v, err := s.versionRow(ctx, s.db, t.at(label))
	if err != nil {
		return nil, "", nil, err
	}
	return row, v.label(), &v.Configuration, nil
}

// ListFunctions lists $LATEST of each function by name, or with FunctionVersion
// ALL every version; a page then has whole functions only, and may be longer.
func (s *Service) ListFunctions(ctx context.Context, call *access.Call, in *lambda.ListFunctionsInput) (*lambda.ListFunctionsOutput, error) {
	if in.FunctionVersion != "" && in.FunctionVersion != types.FunctionVersionAll {
		return nil, constraint(string(in.FunctionVersion), "functionVersion", "Member must satisfy enum value set: [ALL]")
	}
	if m := text(in.MasterRegion); m != "" && m != "ALL" && m != call.Region {
		return nil, unsupported("MasterRegion", "there are no functions replicated from other regions")
	}
	scope := call.Region + "/" + string(in.FunctionVersion)
	p, err := s.page("ListFunctions", scope, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	rows, err := functionTable.List(ctx, s.db, functionsAfter, call.Region, p.after, p.size+1)
	if err != nil {
		return nil, err
	}
	out := &lambda.ListFunctionsOutput{Functions: []types.FunctionConfiguration{}}
	show := func(t target, label string, c *Configuration) error {
		shown, err := s.describe(t, label, c)
		if err == nil {
			out.Functions = append(out.Functions, *shown)
		}
		return err
	}
	for i, row := range rows {
		if i == p.size {
			out.NextMarker = s.next("ListFunctions", scope, rows[i-1].Name)
			break
		}
		t := target{region: row.Region, account: call.Account, name: row.Name}
		if in.FunctionVersion == "" {
			err = show(t, latest, &row.Latest)
		} else {
			err = s.eachVersion(ctx, row, t, show)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) eachVersion(ctx context.Context, row *functionRow, t target, show func(target, string, *Configuration) error) error {
	if err := show(t.at(latest), latest, &row.Latest); err != nil {
		return err
	}
	versions, err := versionTable.List(ctx, s.db, versionsOf, t.region, t.name)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if err := show(t.at(v.label()), v.label(), &v.Configuration); err != nil {
			return err
		}
	}
	return nil
}

// page is what a list operation was asked for.
type page struct {
	after string // "" for the first
	size  int
}

// largestPage is how much AWS returns at once, whatever MaxItems asks for.
const largestPage = 50

func (s *Service) page(operation, scope string, marker *string, most *int32) (page, error) {
	p := page{size: largestPage}
	if most != nil {
		if err := within(*most, "maxItems", 1, 10000); err != nil {
			return p, err
		}
		p.size = min(int(*most), largestPage)
	}
	if m := text(marker); m != "" {
		after, ok := s.pages.Position(operation, scope, m)
		if !ok {
			return p, invalid("The Marker is not one that %s returned for this request.", operation)
		}
		p.after = after
	}
	return p, nil
}

func (s *Service) next(operation, scope, after string) *string {
	token := s.pages.Token(operation, scope, after)
	return &token
}
