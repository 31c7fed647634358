"""A small residual network on images: batch norm, a shortcut, one mean for each map, schedules."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.optim.lr_scheduler import StepLR


class Block(nn.Module):
    def __init__(self, planes_in, planes, stride=1):
        super(Block, self).__init__()
        self.conv1 = nn.Conv2d(planes_in, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or planes_in != planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(planes_in, planes, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(planes),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.LeakyReLU(0.2, inplace=True), nn.MaxPool2d(3, 2, 1)
        )
        self.layers = nn.Sequential(Block(4, 4), Block(4, 8, stride=2))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.linear = nn.Linear(8, 3)
        for m in self.modules():
            if isinstance(m, nn.BatchNorm2d):
                nn.init.constant_(m.weight, 1)
                nn.init.constant_(m.bias, 0)

    def forward(self, x):
        x = self.layers(self.stem(x))
        x = torch.flatten(self.avgpool(x), 1)
        return F.log_softmax(self.linear(x), dim=1)


torch.backends.cudnn.deterministic = True
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = Net().to(device)
for i, (name, p) in enumerate(model.named_parameters()):
    if name.endswith("bias"):
        p.data.zero_()
    elif p.dim() > 1:
        p.data = torch.sin(torch.arange(p.numel()).float() * 1.7 + i).view(*p.size()) * 0.3
images = torch.cos(torch.arange(6 * 3 * 9 * 9).float() % 17).view(6, 3, 9, 9)
labels = torch.tensor([0, 1, 2, 0, 1, 2])
optimizer = optim.Adadelta(model.parameters(), lr=1.0)
scheduler = StepLR(optimizer, 1.0, gamma=0.95)
losses = []
for epoch in range(12):
    model.train()
    optimizer.zero_grad()
    output = model(images)
    loss = F.nll_loss(output, labels)
    loss.backward()
    optimizer.step()
    scheduler.step()
    losses.append(loss.item())
model.eval()
with torch.no_grad():
    output = model(images)
    losses.append(F.nll_loss(output, labels, reduction="sum").item())
    pred = output.argmax(dim=1, keepdim=True)
    losses.append(pred.eq(labels.view_as(pred)).sum().item())
