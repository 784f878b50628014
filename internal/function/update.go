package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// UpdateFunctionCode gives $LATEST another package.
func (s *Service) UpdateFunctionCode(ctx context.Context, call *access.Call, in *lambda.UpdateFunctionCodeInput) (*lambda.UpdateFunctionCodeOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	if in.PublishTo != "" {
		return nil, unsupported("PublishTo", "use Publish")
	}
	row, err := s.row(ctx, s.db, t)
	if err != nil {
		return nil, err
	}
	if in.RevisionId != nil && *in.RevisionId != row.Latest.RevisionID {
		return nil, stale("GetFunction/GetAlias")
	}
	var code Configuration
	if err := s.takeCode(&code, codeSource{in.ZipFile, in.ImageUri, in.S3Bucket, in.S3Key, in.S3ObjectVersion, in.SourceKMSKeyArn}); err != nil {
		return nil, err
	}
	asked := row.Latest.Architecture
	if len(in.Architectures) > 0 {
		if asked, err = architecture(in.Architectures, row.Latest.Runtime); err != nil {
			return nil, err
		}
	}
	replace := func(c *Configuration) (changed bool) {
		changed = c.CodeSHA256 != code.CodeSHA256 || c.Architecture != asked
		c.CodeSHA256, c.CodeSize, c.Architecture = code.CodeSHA256, code.CodeSize, asked
		return changed
	}
	if in.DryRun {
		c := row.Latest
		replace(&c)
		return shaped[lambda.UpdateFunctionCodeOutput](s.describe(t, latest, &c))
	}
	var shown Configuration
	label := latest
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := keepCode(ctx, tx, code.CodeSHA256, in.ZipFile); err != nil {
			return err
		}
		row, err := s.row(ctx, tx, t)
		if err != nil {
			return err
		}
		old := row.Latest.CodeSHA256
		row, err = s.change(ctx, tx, t, func(row *functionRow) error {
			if in.RevisionId != nil && *in.RevisionId != row.Latest.RevisionID {
				return stale("GetFunction/GetAlias")
			}
			if err := s.renew(call, &row.Latest, replace(&row.Latest)); err != nil || !in.Publish {
				return err
			}
			v, err := s.publishVersion(ctx, tx, row, nil)
			if err == nil {
				shown, label = v.Configuration, v.label()
			}
			return err
		})
		if err != nil {
			return err
		}
		if !in.Publish {
			shown = row.Latest
		}
		return dropCode(ctx, tx, old)
	})
	if err != nil {
		return nil, err
	}
	if in.Publish {
		t.qualifier = label
	}
	return shaped[lambda.UpdateFunctionCodeOutput](s.describe(t, label, &shown))
}

// UpdateFunctionConfiguration changes what it names of $LATEST.
func (s *Service) UpdateFunctionConfiguration(ctx context.Context, call *access.Call, in *lambda.UpdateFunctionConfigurationInput) (*lambda.UpdateFunctionConfigurationOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	wanted := settings{
		description: in.Description, handler: in.Handler, role: in.Role, runtime: in.Runtime,
		memory: in.MemorySize, timeout: in.Timeout, environment: in.Environment,
		beyond: beyond{
			vpc: in.VpcConfig, layers: in.Layers, files: in.FileSystemConfigs, dead: in.DeadLetterConfig, tracing: in.TracingConfig,
			snapStart: in.SnapStart, ephemeral: in.EphemeralStorage, image: in.ImageConfig, kms: in.KMSKeyArn, logging: in.LoggingConfig,
			capacity: in.CapacityProviderConfig, durable: in.DurableConfig,
		},
	}
	if in.Role != nil {
		if err := checkRole(*in.Role); err != nil {
			return nil, err
		}
		if _, err := s.row(ctx, s.db, t); err != nil {
			return nil, err
		}
		if err := s.mayHave(call, t, *in.Role); err != nil {
			return nil, err
		}
	}
	row, err := s.change(ctx, s.db, t, func(row *functionRow) error {
		if in.RevisionId != nil && *in.RevisionId != row.Latest.RevisionID {
			return stale("GetFunction/GetAlias")
		}
		c := &row.Latest
		before := *c
		if err := wanted.apply(c); err != nil {
			return err
		}
		changed := c.Description != before.Description || c.Role != before.Role || c.Runtime != before.Runtime ||
			c.Handler != before.Handler || c.MemoryMB != before.MemoryMB || c.Timeout != before.Timeout
		if in.Environment != nil {
			other, err := s.sealEnvironment(key{t.region, t.name}, c, in.Environment.Variables)
			if err != nil {
				return err
			}
			changed = changed || other
		}
		return s.renew(call, c, changed)
	})
	if err != nil {
		return nil, err
	}
	return shaped[lambda.UpdateFunctionConfigurationOutput](s.describe(t, latest, &row.Latest))
}
