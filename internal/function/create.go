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

const (
	defaultMemoryMB = 128
	defaultTimeout  = 3 // seconds
)

// CreateFunction makes a function from a zip.
func (s *Service) CreateFunction(ctx context.Context, call *access.Call, in *lambda.CreateFunctionInput) (*lambda.CreateFunctionOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	c := Configuration{MemoryMB: defaultMemoryMB, Timeout: defaultTimeout}
	if err := checkCreate(in, &c); err != nil {
		return nil, err
	}
	if err := s.exists(ctx, t); err != nil {
		return nil, err
	}
	if err := s.mayHave(call, t, c.Role); err != nil {
		return nil, err
	}
	code := in.Code
	if err := s.takeCode(&c, codeSource{code.ZipFile, code.ImageUri, code.S3Bucket, code.S3Key, code.S3ObjectVersion, code.SourceKMSKeyArn}); err != nil {
		return nil, err
	}
	at := key{t.region, t.name}
	if in.Environment != nil {
		if _, err := s.sealEnvironment(at, &c, in.Environment.Variables); err != nil {
			return nil, err
		}
	}
	if err := s.renew(call, &c, true); err != nil {
		return nil, err
	}
	row := &functionRow{Region: t.region, Name: t.name, Latest: c, Tags: maps.Clone(in.Tags)}
	published, label := &c, latest
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := keepCode(ctx, tx, c.CodeSHA256, code.ZipFile); err != nil {
			return err
		}
		row := *row
		if in.Publish {
			v, err := s.publishVersion(ctx, tx, &row, nil)
			if err != nil {
				return err
			}
			published, label = &v.Configuration, v.label()
		}
		return functionTable.Insert(ctx, tx, &row)
	})
	if errors.Is(err, store.ErrExists) {
		err = conflict("Function already exist: " + t.name)
	}
	if err != nil {
		return nil, err
	}
	if in.Publish {
		t.qualifier = label
	}
	return shaped[lambda.CreateFunctionOutput](s.describe(t, label, published))
}

// exists refuses early, before a package is unpacked for nothing.
func (s *Service) exists(ctx context.Context, t target) error {
	_, err := functionTable.Get(ctx, s.db, t.region, t.name)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = conflict("Function already exist: " + t.name)
	}
	return err
}

func checkCreate(in *lambda.CreateFunctionInput, c *Configuration) error {
	switch {
	case in.PackageType == types.PackageTypeImage:
		return unsupported("PackageType Image", "only zip packages run here")
	case in.PackageType != "" && in.PackageType != types.PackageTypeZip:
		return constraint(string(in.PackageType), "packageType", "Member must satisfy enum value set: [Image, Zip]")
	case text(in.CodeSigningConfigArn) != "":
		return unsupported("CodeSigningConfigArn", "there is no code signing")
	case in.TenancyConfig != nil:
		return unsupported("TenancyConfig", "all events of a function share its processes")
	case in.PublishTo != "":
		return unsupported("PublishTo", "use Publish")
	}
	if err := (beyond{image: in.ImageConfig}).check(); err != nil {
		return err
	}
	if in.Runtime == "" || text(in.Handler) == "" {
		return invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
	}
	err := settings{
		description: in.Description, handler: in.Handler, role: in.Role, runtime: in.Runtime,
		memory: in.MemorySize, timeout: in.Timeout, environment: in.Environment,
		beyond: beyond{
			vpc: in.VpcConfig, layers: in.Layers, files: in.FileSystemConfigs, dead: in.DeadLetterConfig, tracing: in.TracingConfig,
			snapStart: in.SnapStart, ephemeral: in.EphemeralStorage, kms: in.KMSKeyArn, logging: in.LoggingConfig,
			capacity: in.CapacityProviderConfig, durable: in.DurableConfig,
		},
	}.apply(c)
	if err != nil {
		return err
	}
	if c.Architecture, err = architecture(in.Architectures, c.Runtime); err != nil {
		return err
	}
	return checkTags(in.Tags)
}

// codeSource is where a package may come from at AWS. Here it comes with the call.
type codeSource struct {
	zip                                               []byte
	image, s3Bucket, s3Key, s3Version, sourceKMSKeyID *string
}

// takeCode checks the package by unpacking it, which this node is likely to
// need anyway, and puts its hash and size into c.
func (s *Service) takeCode(c *Configuration, from codeSource) error {
	switch {
	case from.image != nil:
		return unsupported("ImageUri", "only zip packages run here")
	case from.s3Bucket != nil || from.s3Key != nil || from.s3Version != nil:
		return unsupported("Code from S3", "send the package as ZipFile")
	case text(from.sourceKMSKeyID) != "":
		return unsupported("SourceKMSKeyArn", "packages lie in the server's own database")
	case len(from.zip) == 0:
		return invalid("Please provide a source for function code.")
	}
	sha := hashOf(from.zip)
	if err := s.code.put(sha, from.zip); err != nil {
		if bad, ok := errors.AsType[*errZip](err); ok {
			return invalid("%s", bad.reason)
		}
		return err
	}
	c.CodeSHA256, c.CodeSize = sha, int64(len(from.zip))
	return nil
}

// renew gives c a new revision, and a new build if what runs has changed.
func (s *Service) renew(call *access.Call, c *Configuration, changed bool) (err error) {
	if changed {
		if c.Build, err = s.newID(); err != nil {
			return err
		}
	}
	if c.RevisionID, err = s.newID(); err != nil {
		return err
	}
	c.LastModified = call.Time.UnixMilli()
	return nil
}

// row reads a function, or says that there is none.
func (s *Service) row(ctx context.Context, from store.Session, t target) (*functionRow, error) {
	row, err := functionTable.Get(ctx, from, t.region, t.name)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound(t.arn())
	}
	return row, err
}

func (s *Service) change(ctx context.Context, in store.Session, t target, fn func(*functionRow) error) (*functionRow, error) {
	row, err := functionTable.Update(ctx, in, fn, t.region, t.name)
	if errors.Is(err, store.ErrNotFound) {
		err = notFound(t.arn())
	}
	return row, err
}
