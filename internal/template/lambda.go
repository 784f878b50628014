package template

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// codeHash stands for the code among a function's properties: what counts is
// what is in the zip, not where it came from.
const codeHash = "Code.Sha256"

var (
	environmentShape = records(fields{"Variables": strMap})
	notTraced        = noEffect("requests are not traced")
	tagged           = noEffect("tags of what a template makes are not kept")
	noLogging        = noEffect("a function's log is always plain text")
)

var functionType = &resourceType{
	name: "AWS::Lambda::Function",
	properties: fields{
		"Code":         {kind: document, required: true},
		"FunctionName": str.replaces(), "Handler": str, "Runtime": str.must(), "Role": str.must(), "Description": str,
		"MemorySize": integer, "Timeout": integer, "Environment": environmentShape,
		"PackageType":      oneOf("Zip").replaces(),
		"Architectures":    strs.without("functions run on this machine's own processor"),
		"EphemeralStorage": unsupported("the size of /tmp is not limited for each function"),
		"Layers":           unsupported("put what the layer holds into the function's folder"),
		"VpcConfig":        unsupported("there are no networks here"), "FileSystemConfigs": unsupported("there are no file systems here"),
		"ReservedConcurrentExecutions": unsupported("the limit of the server holds for all functions"),
		"DeadLetterConfig":             unsupported("there are no queues here"),
		"ImageConfig":                  unsupported("container images are not run"),
		"KmsKeyArn":                    unsupported("variables are always encrypted under the server's master key"),
		"SnapStart":                    unsupported("there are no snapshots"), "CodeSigningConfigArn": unsupported("code is not signed"),
		"TracingConfig": notTraced, "Tags": tagged, "LoggingConfig": noLogging,
		codeHash: str.internal(),
	},
	attributes: []string{"Arn"},
	identity:   []string{"FunctionName"}, unique: true,
	create: createFunction, update: updateFunction, remove: removeFunction, find: findFunction,
}

// functionShape is the properties without the code, which travels apart.
func (w *work) functionShape() map[string]any {
	shape := make(map[string]any, len(w.properties))
	for name, v := range w.properties {
		if name != "Code" && name != codeHash {
			shape[name] = v
		}
	}
	return shape
}

func createFunction(ctx context.Context, w *work) error {
	var in lambda.CreateFunctionInput
	if err := into(w.functionShape(), &in); err != nil {
		return err
	}
	in.FunctionName = aws.String(w.physicalName("FunctionName", 64))
	in.Code = &lambdatypes.FunctionCode{ZipFile: w.code[w.row.LogicalID].zip}
	out, err := invoke[lambda.CreateFunctionOutput](ctx, w.deploy, "lambda", "CreateFunction", &in)
	if err != nil {
		return err
	}
	w.functionIs(aws.ToString(in.FunctionName), aws.ToString(out.FunctionArn))
	return w.functionReady(ctx)
}

func (w *work) functionIs(name, arn string) {
	w.row.PhysicalID, w.row.Attributes = name, map[string]string{"Arn": arn}
}

// updateFunction always sets the whole configuration, so that a setting that
// was removed from the template goes back to its default.
func updateFunction(ctx context.Context, w *work) error {
	if w.changed[codeHash] {
		_, err := invoke[lambda.UpdateFunctionCodeOutput](ctx, w.deploy, "lambda", "UpdateFunctionCode",
			&lambda.UpdateFunctionCodeInput{FunctionName: &w.row.PhysicalID, ZipFile: w.code[w.row.LogicalID].zip})
		if err != nil {
			return err
		}
		if err := w.functionReady(ctx); err != nil || len(w.changed) == 1 {
			return err
		}
	}
	var in lambda.UpdateFunctionConfigurationInput
	if err := into(w.functionShape(), &in); err != nil {
		return err
	}
	in.FunctionName = &w.row.PhysicalID
	if in.Timeout == nil {
		in.Timeout = aws.Int32(3)
	}
	if in.MemorySize == nil {
		in.MemorySize = aws.Int32(128)
	}
	if in.Description == nil {
		in.Description = aws.String("")
	}
	if in.Environment == nil {
		in.Environment = &lambdatypes.Environment{Variables: map[string]string{}}
	}
	if _, err := invoke[lambda.UpdateFunctionConfigurationOutput](ctx, w.deploy, "lambda", "UpdateFunctionConfiguration", &in); err != nil {
		return err
	}
	return w.functionReady(ctx)
}

func removeFunction(ctx context.Context, w *work) error {
	_, err := invoke[lambda.DeleteFunctionOutput](ctx, w.deploy, "lambda", "DeleteFunction",
		&lambda.DeleteFunctionInput{FunctionName: &w.row.PhysicalID})
	return unlessGone(err)
}

func findFunction(ctx context.Context, w *work) (bool, error) {
	name := w.physicalName("FunctionName", 64)
	out, err := w.describeFunction(ctx, name)
	if err != nil {
		return false, unlessGone(err)
	}
	// There is no date of creation. A name that the template chose may belong to
	// somebody else's function, made before: LastModified tells most of them.
	var modified *time.Time
	if at, err := time.Parse("2006-01-02T15:04:05.000-0700", aws.ToString(out.LastModified)); err == nil {
		modified = &at
	}
	if ours, err := w.madeBy(ctx, name, "", modified); err != nil || !ours {
		return false, err
	}
	w.functionIs(name, aws.ToString(out.FunctionArn))
	return true, nil
}

func (w *work) describeFunction(ctx context.Context, name string) (*lambda.GetFunctionConfigurationOutput, error) {
	return invoke[lambda.GetFunctionConfigurationOutput](ctx, w.deploy, "lambda", "GetFunctionConfiguration",
		&lambda.GetFunctionConfigurationInput{FunctionName: &name})
}

var permissionType = &resourceType{
	name: "AWS::Lambda::Permission",
	properties: fields{
		"FunctionName": str.must(), "Action": str.must(), "Principal": str.must(), "SourceArn": str, "SourceAccount": str,
		"PrincipalOrgID": str, "FunctionUrlAuthType": unsupported("function URLs are not served"),
		"EventSourceToken":      unsupported("there are no Alexa skills here"),
		"InvokedViaFunctionUrl": unsupported("function URLs are not served"),
	},
	attributes: []string{"Id"},
	identity:   []string{"FunctionName"},
	create: func(ctx context.Context, w *work) error {
		var in lambda.AddPermissionInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		w.permissionIs()
		in.StatementId = &w.row.PhysicalID
		_, err := invoke[lambda.AddPermissionOutput](ctx, w.deploy, "lambda", "AddPermission", &in)
		return err
	},
	// The statement's name holds the row's token, so it is nobody else's.
	find: func(_ context.Context, w *work) (bool, error) {
		w.permissionIs()
		return true, nil
	},
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[lambda.RemovePermissionOutput](ctx, w.deploy, "lambda", "RemovePermission",
			&lambda.RemovePermissionInput{FunctionName: ptr(w.row.Handles["FunctionName"]), StatementId: &w.row.PhysicalID})
		return unlessGone(err)
	},
}

// functionReady refuses a function that the service has taken and cannot run.
func (w *work) functionReady(ctx context.Context) error {
	out, err := w.describeFunction(ctx, w.row.PhysicalID)
	switch {
	case err != nil:
		return err
	case out.State == lambdatypes.StateFailed:
		return fmt.Errorf("the function cannot run: %s", aws.ToString(out.StateReason))
	case out.LastUpdateStatus == lambdatypes.LastUpdateStatusFailed:
		return fmt.Errorf("the function could not be changed: %s", aws.ToString(out.LastUpdateStatusReason))
	}
	return nil
}

func (w *work) permissionIs() {
	statement := w.row.LogicalID[:min(len(w.row.LogicalID), 80)] + "-" + w.row.Token[:12]
	w.row.PhysicalID = statement
	w.row.Attributes = map[string]string{"Id": statement}
	w.row.Handles = map[string]string{"FunctionName": w.text("FunctionName")}
}
