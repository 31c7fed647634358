"""A cubic fitted to a sine four times over: by hand, with autograd, with nn, with an optimiser."""

import math

import torch

dtype, device = torch.float, torch.device("cpu")
x = torch.linspace(-math.pi, math.pi, 200, device=device, dtype=dtype)
y = torch.sin(x)
losses = []

a, b, c, d = (torch.full((), 0.1 * i, device=device, dtype=dtype) for i in range(4))
for t in range(50):
    y_pred = a + b * x + c * x**2 + d * x**3
    losses.append((y_pred - y).pow(2).sum().item())
    grad = 2.0 * (y_pred - y)
    a -= 1e-6 * grad.sum()
    b -= 1e-6 * (grad * x).sum()
    c -= 1e-6 * (grad * x**2).sum()
    d -= 1e-6 * (grad * x**3).sum()

w = torch.zeros((), device=device, dtype=dtype, requires_grad=True)
v = torch.tensor(0.5, requires_grad=True)
for t in range(50):
    loss = (w + v * x - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        w -= 1e-5 * w.grad
        v -= 1e-5 * v.grad
        w.grad.zero_()
        v.grad = None
    losses.append(loss.item())

p = torch.tensor([1, 2, 3])
xx = x.unsqueeze(-1).pow(p)
model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1))
model[0].weight.data.fill_(0.1)
model[0].bias.data.zero_()
loss_fn = torch.nn.MSELoss(reduction="sum")
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
for t in range(50):
    loss = loss_fn(model(xx), y)
    losses.append(loss.item())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


class Polynomial(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.nn.Parameter(torch.zeros(()))
        self.b = torch.nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.a + self.b * x % 3


last = Polynomial()
optimizer = torch.optim.SGD(last.parameters(), lr=1e-6, momentum=0.9)
for t in range(20):
    loss = loss_fn(last(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
