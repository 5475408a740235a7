/** Mantine's link-like parts as typed router links. */
import {
  ActionIcon,
  type ActionIconProps,
  Anchor,
  type AnchorProps,
  Button,
  type ButtonProps,
} from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type Native<P> = P &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof P> & { ref?: Ref<HTMLAnchorElement> };

function AnchorBase(props: Native<AnchorProps>) {
  return <Anchor {...props} />;
}

function ButtonBase(props: Native<ButtonProps>) {
  return <Button component="a" {...props} />;
}

function ActionIconBase(props: Native<ActionIconProps>) {
  return <ActionIcon component="a" {...props} />;
}

export const LinkAnchor = createLink(AnchorBase);
export const LinkButton = createLink(ButtonBase);
export const LinkActionIcon = createLink(ActionIconBase);
