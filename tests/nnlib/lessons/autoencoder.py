"""An autoencoder and a variational one: two losses added up, `reparameterize` without chance."""

import torch
from torch import nn
from torch.nn import functional as F


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(12, 8), nn.Linear(8, 2), nn.Linear(8, 2)
        self.fc3, self.fc4 = nn.Linear(2, 8), nn.Linear(8, 12)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std) * 0
        return mu + eps * std

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.silu(self.fc3(z))))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 12))
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 12), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


model = VAE()
for i, (name, p) in enumerate(model.named_parameters()):
    p.data = torch.sin(torch.arange(p.numel()).float() * 1.3 + i).view(*p.size()) * 0.4
data = ((torch.arange(60).float() * 0.7).sin() > 0).float().view(5, 3, 4)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
losses = []
model.train()
for epoch in range(25):
    optimizer.zero_grad()
    recon, mu, logvar = model(data)
    loss = loss_function(recon, data, mu, logvar)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
with torch.no_grad():
    losses.append(
        F.mse_loss(model(data)[0].round(), data.flatten(1), reduction="none").sum().item()
    )
