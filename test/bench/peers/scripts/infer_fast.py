"""FAST: its own importer, patches, network and stitcher, which keeps the middle of each patch; a pyramid out.

    python infer_fast.py slide.tif network-of-two-classes.onnx mask.tif

Patches of 512 px of which a quarter is cut from each side make a stride of 256 px. Outside of the slide FAST lays white, and it blends
nothing. Without RunUntilFinished it would end after one patch, with exit code 0.
"""

import sys

import fast

slide, network, mask = sys.argv[1:]
importer = fast.WholeSlideImageImporter.create(slide)
patches = fast.PatchGenerator.create(512, 512, overlapPercent=0.25).connect(importer)
scores = fast.NeuralNetwork.create(network, scaleFactor=1 / 255, inferenceEngine="ONNXRuntime").connect(patches)
labels = fast.TensorToSegmentation.create(threshold=0.5, hasBackgroundClass=True).connect(scores)
stitched = fast.PatchStitcher.create().connect(labels)
finished = fast.RunUntilFinished.create().connect(stitched)
fast.TIFFImagePyramidExporter.create(mask).connect(finished).run()
