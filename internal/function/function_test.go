package function_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

func TestAFunctionsLife(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorldOver(t, db)
		made := w.create(t, func(in *lambda.CreateFunctionInput) {
			in.Environment = &types.Environment{Variables: map[string]string{"SIZE": "large"}}
			in.Tags = map[string]string{"team": "oven"}
			in.Description = aws.String("bakes")
		})
		sum := sha256.Sum256(program(t, "one"))
		own := types.ArchitectureX8664
		if runtime.GOARCH == "arm64" {
			own = types.ArchitectureArm64
		}
		switch {
		case *made.FunctionArn != "arn:aws:lambda:eu-west-1:000000000000:function:pizza",
			*made.CodeSha256 != base64.StdEncoding.EncodeToString(sum[:]), made.CodeSize != int64(len(program(t, "one"))),
			made.State != types.StateActive, made.LastUpdateStatus != types.LastUpdateStatusSuccessful, *made.MemorySize != 128, *made.Timeout != 3,
			*made.Version != "$LATEST", made.PackageType != types.PackageTypeZip, made.Architectures[0] != own, made.Environment.Variables["SIZE"] != "large",
			!regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$`).MatchString(*made.LastModified):
			t.Fatalf("made %+v", made)
		}
		_, err := w.CreateFunction(t.Context(), pizza(t))
		refused(t, err, "ResourceConflictException", "Function already exist: pizza")
		if status(t, err) != 409 {
			t.Error("status", status(t, err))
		}

		changed := must(w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(900), RevisionId: made.RevisionId}))(t)
		if *changed.Timeout != 900 || changed.Environment.Variables["SIZE"] != "large" || *changed.Description != "bakes" || *changed.RevisionId == *made.RevisionId {
			t.Fatalf("changed to %+v", changed)
		}
		_, err = w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(9), RevisionId: made.RevisionId})
		refused(t, err, "PreconditionFailedException", "The Revision Id provided does not match")

		dry := must(w.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: program(t, "two"), DryRun: true}))(t)
		got := must(w.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: name}))(t)
		if *got.Configuration.CodeSha256 != *made.CodeSha256 || *dry.CodeSha256 == *made.CodeSha256 {
			t.Fatal("a dry run changed the code, or did not show it")
		}
		if !maps.Equal(got.Tags, map[string]string{"team": "oven"}) {
			t.Error("tags", got.Tags)
		}
		two := must(w.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: program(t, "two")}))(t)
		if *two.CodeSha256 != *dry.CodeSha256 || *two.Timeout != 900 {
			t.Fatalf("updated to %+v", two)
		}

		if _, err := w.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: name}); err != nil {
			t.Fatal(err)
		}
		_, err = w.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: name})
		refused(t, err, "ResourceNotFoundException", "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:pizza")
		if status(t, err) != 404 {
			t.Error("status", status(t, err))
		}
		_, err = w.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: name})
		refused(t, err, "ResourceNotFoundException", "Function not found")
	})
}

func TestWhatCreateRefuses(t *testing.T) {
	w := newWorld(t)
	other := types.ArchitectureArm64
	if runtime.GOARCH == "arm64" {
		other = types.ArchitectureX8664
	}
	variables := func(v map[string]string) func(*lambda.CreateFunctionInput) {
		return func(in *lambda.CreateFunctionInput) { in.Environment = &types.Environment{Variables: v} }
	}
	for what, c := range map[string]struct {
		change     func(*lambda.CreateFunctionInput)
		code, text string
	}{
		"a name with a space": {func(in *lambda.CreateFunctionInput) { in.FunctionName = aws.String("a b") }, "ValidationException", "1 validation error detected: Value 'a b' at 'functionName'"},
		"a name too long":     {func(in *lambda.CreateFunctionInput) { in.FunctionName = aws.String(strings.Repeat("a", 65)) }, "ValidationException", ""},
		"a qualified name":    {func(in *lambda.CreateFunctionInput) { in.FunctionName = aws.String("a:live") }, "InvalidParameterValueException", ""},
		"another account":     {func(in *lambda.CreateFunctionInput) { in.FunctionName = aws.String("111111111111:function:a") }, "ResourceNotFoundException", ""},
		"a role that is none": {func(in *lambda.CreateFunctionInput) { in.Role = aws.String("arn:aws:iam::000000000000:user/x") }, "ValidationException", "1 validation error detected: Value 'arn:aws:iam::000000000000:user/x' at 'role'"},
		"an old runtime":      {func(in *lambda.CreateFunctionInput) { in.Runtime = types.RuntimeNodejs16x }, "InvalidParameterValueException", "Value nodejs16.x at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs20.x, nodejs22.x"},
		"no handler":          {func(in *lambda.CreateFunctionInput) { in.Handler = nil }, "InvalidParameterValueException", "Runtime and Handler are mandatory"},
		"a handler outside":   {func(in *lambda.CreateFunctionInput) { in.Handler = aws.String("../../etc/x.handler") }, "InvalidParameterValueException", ""},
		"little memory":       {func(in *lambda.CreateFunctionInput) { in.MemorySize = aws.Int32(64) }, "ValidationException", "1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128"},
		"much memory":         {func(in *lambda.CreateFunctionInput) { in.MemorySize = aws.Int32(10241) }, "ValidationException", ""},
		"no time":             {func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(0) }, "ValidationException", ""},
		"much time":           {func(in *lambda.CreateFunctionInput) { in.Timeout = aws.Int32(901) }, "ValidationException", ""},
		"no code":             {func(in *lambda.CreateFunctionInput) { in.Code = &types.FunctionCode{} }, "InvalidParameterValueException", "Please provide a source"},
		"code from S3": {func(in *lambda.CreateFunctionInput) {
			in.Code = &types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("k")}
		}, "InvalidParameterValueException", "Code from S3 is not supported"},
		"an image":               {func(in *lambda.CreateFunctionInput) { in.PackageType = types.PackageTypeImage }, "InvalidParameterValueException", "PackageType Image is not supported"},
		"no zip":                 {func(in *lambda.CreateFunctionInput) { in.Code.ZipFile = []byte("PK not really") }, "InvalidParameterValueException", "Could not unzip uploaded file."},
		"the other architecture": {func(in *lambda.CreateFunctionInput) { in.Architectures = []types.Architecture{other} }, "InvalidParameterValueException", "Architectures"},
		"a VPC":                  {func(in *lambda.CreateFunctionInput) { in.VpcConfig = &types.VpcConfig{SubnetIds: []string{"subnet-1"}} }, "InvalidParameterValueException", "VpcConfig is not supported"},
		"layers": {func(in *lambda.CreateFunctionInput) {
			in.Layers = []string{"arn:aws:lambda:eu-west-1:000000000000:layer:x:1"}
		}, "InvalidParameterValueException", "Layers is not supported"},
		"a file system": {func(in *lambda.CreateFunctionInput) {
			in.FileSystemConfigs = []types.FileSystemConfig{{Arn: aws.String("a"), LocalMountPath: aws.String("/mnt/x")}}
		}, "InvalidParameterValueException", "FileSystemConfigs"},
		"dead letters": {func(in *lambda.CreateFunctionInput) {
			in.DeadLetterConfig = &types.DeadLetterConfig{TargetArn: aws.String("arn:aws:sqs:x")}
		}, "InvalidParameterValueException", "DeadLetterConfig"},
		"tracing": {func(in *lambda.CreateFunctionInput) {
			in.TracingConfig = &types.TracingConfig{Mode: types.TracingModeActive}
		}, "InvalidParameterValueException", "TracingConfig"},
		"snap start": {func(in *lambda.CreateFunctionInput) {
			in.SnapStart = &types.SnapStart{ApplyOn: types.SnapStartApplyOnPublishedVersions}
		}, "InvalidParameterValueException", "SnapStart"},
		"a large disk": {func(in *lambda.CreateFunctionInput) {
			in.EphemeralStorage = &types.EphemeralStorage{Size: aws.Int32(1024)}
		}, "InvalidParameterValueException", "EphemeralStorage"},
		"a key of its own": {func(in *lambda.CreateFunctionInput) { in.KMSKeyArn = aws.String("arn:aws:kms:x") }, "InvalidParameterValueException", "KMSKeyArn"},
		"JSON logs": {func(in *lambda.CreateFunctionInput) {
			in.LoggingConfig = &types.LoggingConfig{LogFormat: types.LogFormatJson}
		}, "InvalidParameterValueException", "LoggingConfig"},
		"an image configuration": {func(in *lambda.CreateFunctionInput) { in.ImageConfig = &types.ImageConfig{Command: []string{"x"}} }, "InvalidParameterValueException", "ImageConfig"},
		"code signing": {func(in *lambda.CreateFunctionInput) {
			in.CodeSigningConfigArn = aws.String("arn:aws:lambda:eu-west-1:000000000000:code-signing-config:csc-0d4518bd353a0a7c6")
		}, "InvalidParameterValueException", "CodeSigningConfigArn"},
		"a long description":       {func(in *lambda.CreateFunctionInput) { in.Description = aws.String(strings.Repeat("x", 257)) }, "ValidationException", ""},
		"a tag of AWS":             {func(in *lambda.CreateFunctionInput) { in.Tags = map[string]string{"aws:x": "y"} }, "InvalidParameterValueException", "A tag's key"},
		"reserved variables":       {variables(map[string]string{"AWS_REGION": "x", "A1": "b", "_HANDLER": "y"}), "InvalidParameterValueException", "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION, _HANDLER"},
		"a variable's odd name":    {variables(map[string]string{"A-B": "x"}), "ValidationException", ""},
		"a zero byte in a value":   {variables(map[string]string{"AB": "x\x00LD_PRELOAD=y"}), "InvalidParameterValueException", "The value of the environment variable AB has a zero byte."},
		"more than 4 KB variables": {variables(map[string]string{"AB": strings.Repeat("hunter2 ", 512)}), "InvalidParameterValueException", "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit."},
	} {
		t.Run(what, func(t *testing.T) {
			in := pizza(t)
			c.change(in)
			_, err := w.CreateFunction(t.Context(), in)
			refused(t, err, c.code, c.text)
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the answer repeats the environment")
			}
		})
	}
	if list := must(w.ListFunctions(t.Context(), &lambda.ListFunctionsInput{}))(t); len(list.Functions) != 0 {
		t.Errorf("something was made all the same: %d", len(list.Functions))
	}
}

// What says nothing but what holds anyway is taken.
func TestHarmlessSettingsAreTaken(t *testing.T) {
	w := newWorld(t)
	w.create(t, func(in *lambda.CreateFunctionInput) {
		in.VpcConfig, in.DeadLetterConfig = &types.VpcConfig{SubnetIds: []string{}}, &types.DeadLetterConfig{TargetArn: aws.String("")}
		in.TracingConfig, in.SnapStart = &types.TracingConfig{Mode: types.TracingModePassThrough}, &types.SnapStart{ApplyOn: types.SnapStartApplyOnNone}
		in.EphemeralStorage, in.LoggingConfig = &types.EphemeralStorage{Size: aws.Int32(512)}, &types.LoggingConfig{LogFormat: types.LogFormatText}
		in.Layers, in.PackageType = []string{}, types.PackageTypeZip
	})
}

func TestAllFormsOfAName(t *testing.T) {
	w := newWorld(t)
	w.create(t, func(in *lambda.CreateFunctionInput) { in.Publish = true })
	arn := "arn:aws:lambda:eu-west-1:000000000000:function:pizza"
	for text, version := range map[string]string{
		"pizza": "$LATEST", "pizza:1": "1", "pizza:$LATEST": "$LATEST", "function:pizza": "$LATEST", "000000000000:function:pizza": "$LATEST", "000000000000:pizza": "$LATEST",
		"000000000000:function:pizza:1": "1", arn: "$LATEST", arn + ":1": "1", arn + ":$LATEST": "$LATEST",
	} {
		got, err := w.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &text})
		if err != nil || *got.Version != version {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for text, code := range map[string]string{
		"pizza:2": "ResourceNotFoundException", "pizza:live": "ResourceNotFoundException", "pizzas": "ResourceNotFoundException",
		"arn:aws:lambda:eu-west-1:111111111111:function:pizza": "ResourceNotFoundException", "arn:aws:lambda:us-east-1:000000000000:function:pizza": "ResourceNotFoundException",
		"arn:aws:s3:::pizza": "ValidationException", "pizza:": "ValidationException", "../pizza": "ValidationException", "pizza:1:2": "ValidationException",
	} {
		_, err := w.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &text})
		refused(t, err, code, "")
	}
	_, err := w.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("pizza:1"), Qualifier: aws.String("2")})
	refused(t, err, "InvalidParameterValueException", "The derived qualifier from the function name does not match the specified qualifier.")
	if _, err := w.in("us-east-1").GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: name}); err == nil {
		t.Error("a function of another region")
	}
}

func TestListingByPages(t *testing.T) {
	w := newWorld(t)
	var want []string
	for i := range 7 {
		n := fmt.Sprintf("f%d", i)
		want = append(want, n)
		w.create(t, func(in *lambda.CreateFunctionInput) { in.FunctionName = &n; in.Publish = true })
	}
	var got []string
	pages := lambda.NewListFunctionsPaginator(w, &lambda.ListFunctionsInput{MaxItems: aws.Int32(3)})
	for pages.HasMorePages() {
		page := must(pages.NextPage(t.Context()))(t)
		for _, f := range page.Functions {
			got = append(got, *f.FunctionName)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if all := must(w.ListFunctions(t.Context(), &lambda.ListFunctionsInput{FunctionVersion: types.FunctionVersionAll}))(t); len(all.Functions) != 14 {
		t.Errorf("%d versions of all", len(all.Functions))
	}
	first := must(w.ListFunctions(t.Context(), &lambda.ListFunctionsInput{MaxItems: aws.Int32(1)}))(t)
	_, err := w.ListFunctions(t.Context(), &lambda.ListFunctionsInput{FunctionVersion: types.FunctionVersionAll, Marker: first.NextMarker})
	refused(t, err, "InvalidParameterValueException", "The Marker")
	_, err = w.ListFunctions(t.Context(), &lambda.ListFunctionsInput{Marker: aws.String("f3")})
	refused(t, err, "InvalidParameterValueException", "The Marker")
}

func TestTheEnvironmentIsNotOnDiskInTheClear(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	w := newWorldOn(t, store.Options{File: filepath.Join(folder, "sallyport.db")})
	w.create(t, func(in *lambda.CreateFunctionInput) {
		in.Environment = &types.Environment{Variables: map[string]string{"API_TOKEN": "correct-horse-battery"}}
	})
	seen := 0
	for _, f := range must(os.ReadDir(folder))(t) {
		data := must(os.ReadFile(filepath.Join(folder, f.Name())))(t)
		seen += len(data)
		if bytes.Contains(data, []byte("correct-horse")) || bytes.Contains(data, []byte("API_TOKEN")) {
			t.Errorf("%s has the environment in the clear", f.Name())
		}
	}
	if seen == 0 {
		t.Fatal("nothing was looked at")
	}
	if _, err := w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name}); err != nil {
		t.Fatal(err)
	}
	if got := w.runner.all()[0].function.Environment["API_TOKEN"]; got != "correct-horse-battery" {
		t.Errorf("the function got %q", got)
	}
}

func TestThePackageCanBeFetchedForTenMinutes(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	link := *must(w.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: name}))(t).Code.Location
	fetch := func(link string) (int, []byte) {
		r := must(http.Get(link))(t)
		defer r.Body.Close()
		return r.StatusCode, must(io.ReadAll(r.Body))(t)
	}
	if code, body := fetch(link); code != 200 || !bytes.Equal(body, program(t, "one")) {
		t.Errorf("%d, %d bytes", code, len(body))
	}
	for _, forged := range []string{
		strings.Replace(link, "Expires=", "Expires=9", 1), strings.Replace(link, "Signature=", "Signature=A", 1), link[:strings.Index(link, "?")],
		strings.Replace(link, "/code/", "/code/0", 1), strings.Replace(link, "/code/", "/code/../code/x", 1),
	} {
		if code, _ := fetch(forged); code != 403 {
			t.Errorf("%s: %d", forged, code)
		}
	}
	w.clock.Advance(10*time.Minute + time.Second)
	if code, _ := fetch(link); code != 403 {
		t.Errorf("after ten minutes: %d", code)
	}
}

func TestManyAtOnceMakeOneFunction(t *testing.T) {
	w := newWorld(t)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() { _, errs[i] = w.CreateFunction(t.Context(), pizza(t)) })
	}
	wait.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
			continue
		}
		refused(t, err, "ResourceConflictException", "Function already exist: pizza")
	}
	if made != 1 {
		t.Fatalf("%d made it", made)
	}
	// Each change with its own publication: every number once, none lost.
	var mu sync.Mutex
	versions := map[string]int{}
	for i := range 8 {
		wait.Go(func() {
			out, err := w.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: program(t, fmt.Sprint(i)), Publish: true})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			versions[*out.Version]++
		})
	}
	wait.Wait()
	if len(versions) != 8 {
		t.Errorf("versions %v", versions)
	}
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	arn := w.create(t).FunctionArn
	must(w.TagResource(t.Context(), &lambda.TagResourceInput{Resource: arn, Tags: map[string]string{"a": "1", "b": "2"}}))(t)
	must(w.UntagResource(t.Context(), &lambda.UntagResourceInput{Resource: arn, TagKeys: []string{"a", "never"}}))(t)
	if got := must(w.ListTags(t.Context(), &lambda.ListTagsInput{Resource: arn}))(t).Tags; !maps.Equal(got, map[string]string{"b": "2"}) {
		t.Errorf("tags %v", got)
	}
	_, err := w.TagResource(t.Context(), &lambda.TagResourceInput{Resource: aws.String(*arn + ":1"), Tags: map[string]string{"a": "1"}})
	refused(t, err, "InvalidParameterValueException", "Tags on function aliases and versions are not supported.")
	_, err = w.ListTags(t.Context(), &lambda.ListTagsInput{Resource: aws.String("pizza")})
	refused(t, err, "ValidationException", "")
	_, err = w.ListTags(t.Context(), &lambda.ListTagsInput{Resource: aws.String(*arn + "s")})
	refused(t, err, "ResourceNotFoundException", "Function not found")
}

func TestEachOperationAsksForItsPermission(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	w.denied.Store("lambda:InvokeFunction", true)
	_, err := w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("pizza:live")})
	refused(t, err, "AccessDeniedException", "")
	_, err = w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("nothing")})
	refused(t, err, "AccessDeniedException", "") // whether it exists is not for them to know
	if n := len(w.runner.all()); n != 0 {
		t.Fatalf("a refused call reached the function %d times", n)
	}
	must(w.ListFunctions(t.Context(), &lambda.ListFunctionsInput{}))(t)
	want := []string{
		"lambda:CreateFunction arn:aws:lambda:eu-west-1:000000000000:function:pizza", "lambda:InvokeFunction arn:aws:lambda:eu-west-1:000000000000:function:pizza:live",
		"lambda:InvokeFunction arn:aws:lambda:eu-west-1:000000000000:function:nothing", "lambda:ListFunctions *",
	}
	if !slices.Equal(w.asked.list, want) {
		t.Errorf("asked %q", w.asked.list)
	}
}
