package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// DeleteFunction removes a function with all that belongs to it, or one version.
func (s *Service) DeleteFunction(ctx context.Context, call *access.Call, in *lambda.DeleteFunctionInput) (*lambda.DeleteFunctionOutput, error) {
	t, err := here(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	switch {
	case t.qualifier == "":
		err = s.db.Write(ctx, func(tx *store.Tx) error { return s.deleteAll(ctx, tx, t) })
	case t.qualifier == latest:
		err = invalid("$LATEST version cannot be deleted without deleting the function.")
	case !isNumber(t.qualifier):
		err = invalid("Deletion of functions with alias is not currently supported.")
	default:
		err = s.db.Write(ctx, func(tx *store.Tx) error { return s.deleteVersion(ctx, tx, t) })
	}
	return &lambda.DeleteFunctionOutput{StatusCode: 204}, err
}

func (s *Service) deleteAll(ctx context.Context, tx *store.Tx, t target) error {
	row, err := s.row(ctx, tx, t)
	if err != nil {
		return err
	}
	versions, err := versionTable.List(ctx, tx, versionsOf, t.region, t.name)
	if err != nil {
		return err
	}
	if err := functionTable.Delete(ctx, tx, t.region, t.name); err != nil {
		return err
	}
	if _, err := versionTable.DeleteWhere(ctx, tx, ofFunction, t.region, t.name); err != nil {
		return err
	}
	if _, err := aliasTable.DeleteWhere(ctx, tx, ofFunction, t.region, t.name); err != nil {
		return err
	}
	codes := map[string]bool{row.Latest.CodeSHA256: true}
	for _, v := range versions {
		codes[v.Configuration.CodeSHA256] = true
	}
	for sha := range codes {
		if err := dropCode(ctx, tx, sha); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) deleteVersion(ctx context.Context, tx *store.Tx, t target) error {
	v, err := s.versionRow(ctx, tx, t)
	if err != nil {
		return err
	}
	aliases, err := aliasTable.List(ctx, tx, aliasesOf, t.region, t.name)
	if err != nil {
		return err
	}
	for _, a := range aliases {
		if _, weighted := a.Weights[t.qualifier]; weighted || a.Version == t.qualifier {
			return conflict("Version " + t.qualifier + " cannot be deleted: the alias " + a.Name + " references it.")
		}
	}
	if err := versionTable.Delete(ctx, tx, t.region, t.name, v.Number); err != nil {
		return err
	}
	if err := s.dropPolicy(ctx, tx, t); err != nil {
		return err
	}
	return dropCode(ctx, tx, v.Configuration.CodeSHA256)
}

// dropPolicy removes the policy of a version or alias that is gone.
func (s *Service) dropPolicy(ctx context.Context, tx *store.Tx, t target) error {
	_, err := s.change(ctx, tx, t, func(row *functionRow) error {
		delete(row.Policies, t.qualifier)
		return nil
	})
	return err
}
