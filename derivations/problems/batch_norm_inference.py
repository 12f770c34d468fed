"""Batch normalization at test time is an affine map of each example; in training it mixes the examples."""

from symcnn import Claim, Derivation, batch_norm_over, gradient, prove, steps, validate_definition
from symcnn.notation.expression import Definition, Expression

parameters: dict[str, object] = {}


def derive() -> Derivation:
    d = Derivation("Batch normalization at test time",
                   "with fixed mean and variance Y = a X + b for each unit: the batch size and the other examples do "
                   "not matter; in training they do")
    test = batch_norm_over("N C", "N", training=False)
    test = type(test)(test.context.with_sizes("M").with_assumption("M <= N"), test.output)
    d.given("At test time the mean $\\mu$ and the variance $v$ of every unit are fixed numbers, kept from training:",
            test)

    def read(text: str, of: str = "Y[n,c]") -> Expression:
        return test.equation(f"{of} = {text}").right  # the left side makes n and c indices

    d.show(*steps(read("Y[n,c]"), [
        ("the definition", test.definition.body),
        ("multiply out: a factor and a summand that are the same for all examples",
         read("gamma[c] r[c] X[n,c] + (beta[c] - gamma[c] r[c] mu[c])"))], test.definitions), conclude=True)
    d.conclude(prove(read("∂Y[n,c]/∂X[n',c']", "X[n,c] X[n',c']"),
                     read("gamma[c] r[c] [n' = n, c' = c]", "X[n,c] X[n',c']"), test.definitions),
               "no output depends on another example, nor on another unit")

    part = test.define("X_part[n,c] = X[n,c]", "X_part[M,C]").define(
        "Y_part[n,c] = gamma[c] (X_part[n,c] - mu[c]) r[c] + beta[c]", "Y_part[M,C]")
    d.given("A part of the batch, its first $M \\le N$ examples, goes through the same layer:", *part.definitions[-2:])
    same = part.equation("Y_part[n,c] = Y[n,c]")
    d.conclude(prove(same.left, same.right, part.definitions, part.assumptions),
               "an example gets the same output in a batch of any size $M$, alone ($M = 1$) or with all others")

    train = batch_norm_over("N C", "N")
    train = type(train)(train.context.with_sizes("M").with_assumption("M <= N"), train.output)
    for line in ("X_part[n,c] = X[n,c]", "mu_part[c] = 1/M (sum(n) X_part[n,c])",
                 "v_part[c] = 1/M (sum(n) (X_part[n,c] - mu_part[c])^2)", "r_part[c] = 1/sqrt(v_part[c] + epsilon)",
                 "Y_part[n,c] = gamma[c] (X_part[n,c] - mu_part[c]) r_part[c] + beta[c]"):
        name = line.split("[")[0]
        train = train.define(line, f"{name}[{'M,C' if name[0] in 'XY' else 'C'}]")
    same = train.equation("Y_part[n,c] = Y[n,c]")
    d.refute(Claim(same.left, same.right, train.definitions, train.assumptions),
             "a careless statement: the same in training, where $\\mu$ and $v$ are those of the examples in the batch; "
             "alone, an example is normalized to 0", {"N": 2, "M": 1, "C": 1},
             {"X[0,0]": 1, "X[1,0]": 3, "gamma[0]": 1, "epsilon": 3}, {"n": 0, "c": 0})
    made = gradient(test, "X", ["n", "c"])
    d.validate(lambda cases: validate_definition(test, Definition(made.tensor, made.chain.indices, made.expression),
                                                 cases=cases))
    return d
