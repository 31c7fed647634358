"""A convolutional network on small images from a Dataset of one's own, a batch at a time,
then its accuracy by class."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split


class Stripes(Dataset):
    def __init__(self, n, transform=None):
        self.n, self.transform = n, transform

    def __len__(self):
        return self.n

    def __getitem__(self, idx):
        ramp = torch.arange(64, dtype=torch.float).reshape(8, 8)
        image = torch.sin(ramp * (idx % 3 + 1)).unsqueeze(0)
        if self.transform:
            image = self.transform(image)
        return image, idx % 3


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3)
        self.pool = nn.MaxPool2d(2, 2)
        self.drop = nn.Dropout2d(0.25)
        self.bn = nn.BatchNorm2d(4)
        self.fc1 = nn.Linear(4 * 3 * 3, 10)
        self.fc2 = nn.Linear(10, 3)

    def forward(self, x):
        x = self.drop(self.pool(F.relu(self.bn(self.conv1(x)))))
        x = torch.flatten(x, 1)
        return self.fc2(F.relu(self.fc1(x)))


device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
net = Net()
net.to(device)
net.drop.eval()
with torch.no_grad():
    for p in net.parameters():
        p.copy_(torch.cos(torch.arange(p.numel()).float()).view_as(p) * 0.3)
loader = DataLoader(
    Stripes(24, lambda x: (x - 0.5) / 0.5), batch_size=6, shuffle=False, num_workers=0
)
criterion, losses = nn.CrossEntropyLoss(), []
optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
for epoch in range(3):
    running_loss = 0.0
    for i, data in enumerate(loader, 0):
        inputs, labels = data[0].to(device), data[1].to(device)
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        losses.append(loss.item())
    scheduler.step()

net.eval()
correct = total = 0
with torch.no_grad():
    for images, labels in loader:
        _, predicted = torch.max(net(images).data, 1)
        total += labels.size(0)
        correct += (predicted == labels).sum().item()
        losses += F.softmax(net(images), dim=1).max(1).values.tolist()
losses.append(correct / total)
train, test = random_split(TensorDataset(torch.arange(10).float(), torch.arange(10)), [8, 2])
assert len(train) == 8 and len(next(iter(DataLoader(train, batch_size=3, shuffle=True)))) == 2
