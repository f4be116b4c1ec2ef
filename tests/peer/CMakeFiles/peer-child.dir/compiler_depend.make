# Empty compiler generated dependencies file for peer-child.
# This may be replaced when dependencies are built.
