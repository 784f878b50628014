package function

import (
	"context"
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// versionRow reads the version that t names by number.
func (s *Service) versionRow(ctx context.Context, from store.Session, t target) (*versionRow, error) {
	n, ok := number(t.qualifier)
	if !ok {
		return nil, notFound(t.arn())
	}
	v, err := versionTable.Get(ctx, from, t.region, t.name, n)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound(t.arn())
	}
	return v, err
}

// PublishVersion freezes $LATEST under the next number. If nothing has changed
// since the last one, that is the answer.
func (s *Service) PublishVersion(ctx context.Context, call *access.Call, in *lambda.PublishVersionInput) (*lambda.PublishVersionOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	if in.PublishTo != "" {
		return nil, unsupported("PublishTo", "a version gets the next number")
	}
	if err := (settings{description: in.Description}).apply(&Configuration{}); err != nil {
		return nil, err
	}
	var v *versionRow
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := s.change(ctx, tx, t, func(row *functionRow) (err error) {
			c := &row.Latest
			switch {
			case in.RevisionId != nil && *in.RevisionId != c.RevisionID:
				return stale("GetFunction/GetAlias")
			case text(in.CodeSha256) != "" && *in.CodeSha256 != base64Of(c.CodeSHA256):
				return invalid("CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). Please try again with the CodeSHA256 in $LATEST.",
					*in.CodeSha256, base64Of(c.CodeSHA256))
			}
			v, err = s.publishVersion(ctx, tx, row, in.Description)
			return err
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return shaped[lambda.PublishVersionOutput](s.describe(t.at(v.label()), v.label(), &v.Configuration))
}

// publishVersion works on a row that the caller is about to write in tx.
func (s *Service) publishVersion(ctx context.Context, tx *store.Tx, row *functionRow, description *string) (*versionRow, error) {
	if row.LastVersion > 0 {
		last, err := versionTable.Get(ctx, tx, row.Region, row.Name, row.LastVersion)
		if err == nil && last.Configuration.Build == row.Latest.Build {
			return last, nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	v := &versionRow{Region: row.Region, Function: row.Name, Number: row.LastVersion + 1, Configuration: row.Latest}
	if d := aws.ToString(description); d != "" {
		v.Configuration.Description = d
	}
	var err error
	if v.Configuration.RevisionID, err = s.newID(); err != nil {
		return nil, err
	}
	if err := versionTable.Insert(ctx, tx, v); err != nil {
		return nil, err
	}
	row.LastVersion = v.Number
	return v, nil
}

// ListVersionsByFunction lists $LATEST and the published versions, oldest first.
func (s *Service) ListVersionsByFunction(ctx context.Context, call *access.Call, in *lambda.ListVersionsByFunctionInput) (*lambda.ListVersionsByFunctionOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	p, err := s.page("ListVersionsByFunction", t.arn(), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	row, err := s.row(ctx, s.db, t)
	if err != nil {
		return nil, err
	}
	out := &lambda.ListVersionsByFunctionOutput{}
	room, after := p.size, int64(0)
	if p.after == "" {
		c, err := s.describe(t.at(latest), latest, &row.Latest)
		if err != nil {
			return nil, err
		}
		out.Versions, room = append(out.Versions, *c), room-1
	} else {
		after, _ = number(p.after)
	}
	versions, err := versionTable.List(ctx, s.db, versionsAfter, t.region, t.name, after, room+1)
	if err != nil {
		return nil, err
	}
	for i, v := range versions {
		if i == room {
			out.NextMarker = s.next("ListVersionsByFunction", t.arn(), strconv.FormatInt(after, 10))
			break
		}
		c, err := s.describe(t.at(v.label()), v.label(), &v.Configuration)
		if err != nil {
			return nil, err
		}
		out.Versions, after = append(out.Versions, *c), v.Number
	}
	return out, nil
}

// number reads a version's number.
func number(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0 && isNumber(text)
}
