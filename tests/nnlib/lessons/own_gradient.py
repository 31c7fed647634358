"""A polynomial fitted with an operation of one's own, its gradient written out by hand."""

import math

import torch


class LegendrePolynomial3(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)


class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor, w):
        ctx.factor = factor
        ctx.save_for_backward(x, w)
        return factor * x * w

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        assert ctx.needs_input_grad[2]
        return ctx.factor * g * w, None, ctx.factor * (g * x)


x = torch.linspace(-math.pi, math.pi, 200, dtype=torch.double)
y = torch.sin(x)
a, b, c, d = (
    torch.full((), value, dtype=torch.double, requires_grad=True) for value in (0.0, -1.0, 0.0, 0.3)
)
w = torch.ones(200, dtype=torch.double, requires_grad=True)
losses = []
for t in range(60):
    y_pred = a + b * LegendrePolynomial3.apply(c + d * x)
    loss = (y_pred - y).pow(2).sum() + 0.01 * Scaled.apply(y_pred, 2.0, w).pow(2).mean()
    loss.backward()
    losses.append(loss.item())
    with torch.no_grad():
        for each in (a, b, c, d, w):
            each -= 5e-5 * each.grad
            each.grad = None
