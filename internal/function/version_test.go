package function_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/runner"
)

func (w *world) publish(t testing.TB, content string) string {
	t.Helper()
	return *must(w.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: program(t, content), Publish: true}))(t).Version
}

func TestVersionsNeverChange(t *testing.T) {
	w := newWorld(t)
	w.create(t, func(in *lambda.CreateFunctionInput) {
		in.Environment = &types.Environment{Variables: map[string]string{"SIZE": "large"}}
	})
	one := must(w.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: name, Description: aws.String("first")}))(t)
	if *one.Version != "1" || *one.FunctionArn != "arn:aws:lambda:eu-west-1:000000000000:function:pizza:1" || *one.Description != "first" {
		t.Fatalf("published %+v", one)
	}
	again := must(w.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: name}))(t)
	if *again.Version != "1" || *again.RevisionId != *one.RevisionId {
		t.Fatalf("published without a change: %s", *again.Version)
	}
	// The same package and the same settings are no change either.
	must(w.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: program(t, "one")}))(t)
	must(w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(3), Environment: &types.Environment{Variables: map[string]string{"SIZE": "large"}}}))(t)
	if v := *must(w.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: name}))(t).Version; v != "1" {
		t.Fatalf("published version %s", v)
	}

	must(w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Environment: &types.Environment{}}))(t)
	_, err := w.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: name, CodeSha256: aws.String("bm8=")})
	refused(t, err, "InvalidParameterValueException", "CodeSHA256 (bm8=) is different from current CodeSHA256 in $LATEST")
	_, err = w.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: name, RevisionId: one.RevisionId})
	refused(t, err, "PreconditionFailedException", "")
	if v := *must(w.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: name}))(t).Version; v != "2" {
		t.Fatalf("published version %s", v)
	}
	if v := w.publish(t, "three"); v != "3" {
		t.Fatalf("published version %s", v)
	}

	got := must(w.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: name, Qualifier: aws.String("1")}))(t)
	if *got.CodeSha256 != *one.CodeSha256 || got.Environment.Variables["SIZE"] != "large" {
		t.Fatalf("version 1 is %+v now", got)
	}
	must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Qualifier: aws.String("1")}))(t)
	must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Qualifier: aws.String("3")}))(t)
	baked := w.runner.all()
	if baked[0].function.Environment["SIZE"] != "large" || baked[1].function.Environment["SIZE"] != "" || baked[0].function.ID == baked[1].function.ID || baked[0].function.Dir == baked[1].function.Dir {
		t.Errorf("ran %+v and %+v", baked[0].function, baked[1].function)
	}

	var labels []string
	pages := lambda.NewListVersionsByFunctionPaginator(w, &lambda.ListVersionsByFunctionInput{FunctionName: name, MaxItems: aws.Int32(1)})
	for pages.HasMorePages() {
		for _, v := range must(pages.NextPage(t.Context()))(t).Versions {
			labels = append(labels, *v.Version)
		}
	}
	if fmt.Sprint(labels) != "[$LATEST 1 2 3]" {
		t.Errorf("listed %v", labels)
	}

	for qualifier, code := range map[string]string{"$LATEST": "InvalidParameterValueException", "live": "InvalidParameterValueException", "9": "ResourceNotFoundException"} {
		_, err := w.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: name, Qualifier: &qualifier})
		refused(t, err, code, "")
	}
	must(w.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: name, Qualifier: aws.String("1")}))(t)
	_, err = w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Qualifier: aws.String("1")})
	refused(t, err, "ResourceNotFoundException", "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:pizza:1")
	if v := w.publish(t, "four"); v != "4" {
		t.Errorf("a number came back: %s", v)
	}
}

func TestAliases(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	w.publish(t, "a")
	w.publish(t, "b")
	make := func(in lambda.CreateAliasInput) (*lambda.CreateAliasOutput, error) {
		in.FunctionName = name
		if in.Name == nil {
			in.Name = aws.String("live")
		}
		return w.CreateAlias(t.Context(), &in)
	}
	weights := func(version string, weight float64) *types.AliasRoutingConfiguration {
		return &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{version: weight}}
	}
	for what, c := range map[string]struct {
		in         lambda.CreateAliasInput
		code, text string
	}{
		"a number as name":       {lambda.CreateAliasInput{Name: aws.String("12"), FunctionVersion: aws.String("1")}, "ValidationException", ""},
		"a version that is none": {lambda.CreateAliasInput{FunctionVersion: aws.String("9")}, "ResourceNotFoundException", "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:pizza:9"},
		"an alias as version":    {lambda.CreateAliasInput{FunctionVersion: aws.String("live")}, "ValidationException", ""},
		"weight of a version that is none": {lambda.CreateAliasInput{FunctionVersion: aws.String("1"), RoutingConfig: weights("9", 0.5)},
			"ResourceNotFoundException", ""},
		"two further versions": {lambda.CreateAliasInput{FunctionVersion: aws.String("1"), RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.1, "3": 0.1}}},
			"InvalidParameterValueException", "Number of items in AdditionalVersionWeights cannot be greater than 1"},
		"more than all":     {lambda.CreateAliasInput{FunctionVersion: aws.String("1"), RoutingConfig: weights("2", 1.5)}, "ValidationException", ""},
		"less than nothing": {lambda.CreateAliasInput{FunctionVersion: aws.String("1"), RoutingConfig: weights("2", -0.5)}, "ValidationException", ""},
		"$LATEST weighted":  {lambda.CreateAliasInput{FunctionVersion: aws.String("$LATEST"), RoutingConfig: weights("2", 0.5)}, "InvalidParameterValueException", "$LATEST is not supported for an alias"},
		"itself twice":      {lambda.CreateAliasInput{FunctionVersion: aws.String("1"), RoutingConfig: weights("1", 0.5)}, "InvalidParameterValueException", ""},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := make(c.in)
			refused(t, err, c.code, c.text)
		})
	}
	made := must(make(lambda.CreateAliasInput{FunctionVersion: aws.String("1"), Description: aws.String("for all")}))(t)
	if *made.AliasArn != "arn:aws:lambda:eu-west-1:000000000000:function:pizza:live" || *made.FunctionVersion != "1" {
		t.Fatalf("made %+v", made)
	}
	_, err := make(lambda.CreateAliasInput{FunctionVersion: aws.String("2")})
	refused(t, err, "ResourceConflictException", "Alias already exists: arn:aws:lambda:eu-west-1:000000000000:function:pizza:live")
	_, err = w.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: aws.String("pizza:1")})
	refused(t, err, "ResourceConflictException", "")

	moved := must(w.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("2"), RevisionId: made.RevisionId}))(t)
	if *moved.FunctionVersion != "2" || *moved.Description != "for all" {
		t.Fatalf("moved to %+v", moved)
	}
	_, err = w.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: name, Name: aws.String("live"), RevisionId: made.RevisionId})
	refused(t, err, "PreconditionFailedException", "")
	if got := must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("pizza:live")}))(t); *got.ExecutedVersion != "2" {
		t.Errorf("ran version %s", *got.ExecutedVersion)
	}
	list := must(w.ListAliases(t.Context(), &lambda.ListAliasesInput{FunctionName: name, FunctionVersion: aws.String("2")}))(t)
	if none := must(w.ListAliases(t.Context(), &lambda.ListAliasesInput{FunctionName: name, FunctionVersion: aws.String("1")}))(t); len(list.Aliases) != 1 || len(none.Aliases) != 0 {
		t.Errorf("listed %d and %d", len(list.Aliases), len(none.Aliases))
	}
	for range 2 { // the second finds nothing, which is fine
		if _, err := w.DeleteAlias(t.Context(), &lambda.DeleteAliasInput{FunctionName: name, Name: aws.String("live")}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.GetAlias(t.Context(), &lambda.GetAliasInput{FunctionName: name, Name: aws.String("live")})
	refused(t, err, "ResourceNotFoundException", "Cannot find alias arn: arn:aws:lambda:eu-west-1:000000000000:function:pizza:live")
}

func TestAnAliasSharesItsEventsByWeight(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	w.publish(t, "a")
	w.publish(t, "b")
	ran := map[string]int{}
	w.runner.set(func(f *runner.Function, _ runner.Event) (runner.Result, error) {
		ran[f.Version]++
		return runner.Result{Payload: []byte("1")}, nil
	})
	must(w.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1"),
		RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.25}}}))(t)
	for range 400 {
		must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Qualifier: aws.String("live")}))(t)
	}
	// 100 expected; beyond these bounds less than once in a thousand million runs.
	if ran["1"]+ran["2"] != 400 || ran["2"] < 45 || ran["2"] > 160 {
		t.Errorf("ran %v", ran)
	}
	for weight, want := range map[float64]string{0: "1", 1: "2"} {
		must(w.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: name, Name: aws.String("live"),
			RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": weight}}}))(t)
		for range 20 {
			if got := *must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, Qualifier: aws.String("live")}))(t).ExecutedVersion; got != want {
				t.Fatalf("weight %v ran version %s", weight, got)
			}
		}
	}
}

func TestProcessesOfWhatIsGoneAreRetired(t *testing.T) {
	w := newWorld(t)
	w.create(t)
	must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name}))(t)
	old := w.runner.all()[0].function.ID
	gone := func() bool {
		w.runner.mu.Lock()
		defer w.runner.mu.Unlock()
		for _, id := range w.runner.retired {
			if id == old {
				return true
			}
		}
		return false
	}
	must(w.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(3)}))(t)
	must(w.TagResource(t.Context(), &lambda.TagResourceInput{Resource: aws.String("arn:aws:lambda:eu-west-1:000000000000:function:pizza"), Tags: map[string]string{"a": "b"}}))(t)
	must(w.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: program(t, "one")}))(t)
	if gone() {
		t.Error("retired although nothing that runs has changed")
	}
	must(w.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(5)}))(t)
	if !gone() {
		t.Error("not retired after its configuration changed")
	}
	must(w.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: name}))(t)
	w.create(t)
	must(w.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name}))(t)
	if id := w.runner.all()[1].function.ID; id == old {
		t.Error("a new function of the same name has the processes of the old one")
	}
}
