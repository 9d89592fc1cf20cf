package email

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Every pattern that is compiled when it is first asked can be.
func TestPatternsCompile(t *testing.T) {
	t.Parallel()
	set := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	consts := map[string]ast.Expr{}
	var calls []*ast.CallExpr
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if i < len(n.Values) {
						consts[name.Name] = n.Values[i]
					}
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "lazily" {
					calls = append(calls, n)
				}
			}
			return true
		})
	}
	if len(calls) < 40 {
		t.Fatalf("only %d patterns were found", len(calls))
	}
	for _, c := range calls {
		expr, err := constant(c.Args[0], consts)
		if err == nil {
			_, err = regexp.Compile(expr)
		}
		if err != nil {
			t.Errorf("%s: %v", set.Position(c.Pos()), err)
		}
	}
}

// constant is the value of literals that are put together.
func constant(e ast.Expr, consts map[string]ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return strconv.Unquote(e.Value)
	case *ast.ParenExpr:
		return constant(e.X, consts)
	case *ast.BinaryExpr:
		a, err := constant(e.X, consts)
		if err != nil {
			return "", err
		}
		b, err := constant(e.Y, consts)
		return a + b, err
	case *ast.Ident:
		if v := consts[e.Name]; v != nil {
			return constant(v, consts)
		}
	}
	return "", fmt.Errorf("%T is no literal", e)
}
