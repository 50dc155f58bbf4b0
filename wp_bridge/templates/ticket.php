<?php

/**
 * One conversation: what was said, the answer box, and what can be done with it.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
$thread = $view['thread'];
?>
<p class="kd-crumbs"><?php echo $html->link(__('Help', 'keydesk-bridge'), 'help'); ?> / <?php echo $html->link(__('My tickets', 'keydesk-bridge'), 'tickets'); ?><?php if ($thread !== null) : ?> / <?php echo esc_html((string) ($thread['number'] ?? '')); ?><?php endif; ?></p>
<?php if ($thread === null) : ?>
	<p><?php echo esc_html($view['words']->problem('not_found')); ?></p>
<?php else : ?>
	<?php
	$done = in_array($thread['status'], array('solved', 'closed'), true);
	$id = array('ticket_id' => $view['id']);
	?>
	<div class="kd-split">
		<div>
			<h2 class="kd-subject" dir="auto"><?php echo esc_html((string) ($thread['subject'] ?? '')); ?></h2>
			<div class="kd-thread" data-ticket="<?php echo esc_attr($view['id']); ?>">
				<?php if (isset($thread['messages'])) : ?>
					<?php $view['show']('messages', $view); ?>
				<?php else : ?>
					<article class="kd-msg"><div class="kd-prose" dir="auto"><?php echo $html->prose((string) ($thread['last_excerpt'] ?? '')); ?></div></article>
				<?php endif; ?>
			</div>
			<?php foreach ($view['waiting'] as $item) : ?>
				<article class="kd-msg is-waiting" data-waiting="1">
					<div class="kd-by"><strong><?php esc_html_e('You', 'keydesk-bridge'); ?></strong> <span class="kd-soft"><?php if ($item['failed'] === '') : ?><?php esc_html_e('Waiting, will be sent by itself', 'keydesk-bridge'); ?><?php else : ?><?php esc_html_e('Could not be sent:', 'keydesk-bridge'); ?> <?php echo esc_html($view['words']->problem($item['failed'])); ?><?php endif; ?></span></div>
					<div class="kd-prose" dir="auto"><?php echo $html->prose($item['body']['body']); ?></div>
					<?php if ($item['failed'] !== '') : ?>
						<?php echo $html->open('again', array('item_id' => $item['id'])); ?><button class="button"><?php esc_html_e('Send again', 'keydesk-bridge'); ?></button></form>
					<?php endif; ?>
					<?php echo $html->open('drop', array('item_id' => $item['id'])); ?><button class="button-link button-link-delete"><?php esc_html_e('Do not send', 'keydesk-bridge'); ?></button></form>
				</article>
			<?php endforeach; ?>
			<?php if ($view['connected']) : ?>
			<?php echo $html->open('reply', $id, 'kd-reply'); ?>
				<div class="kd-field">
					<label for="kd-body"><?php esc_html_e('Your answer', 'keydesk-bridge'); ?></label>
					<textarea id="kd-body" name="body" rows="4" dir="auto" maxlength="10000" required<?php echo $html->marked('body', $view['errors']); ?>></textarea>
					<?php echo $html->error('body', $view['errors']); ?>
				</div>
				<?php if ($view['files']) : ?>
					<?php $view['show']('files', $view); ?>
				<?php endif; ?>
				<p><button class="button button-primary"><?php esc_html_e('Send', 'keydesk-bridge'); ?></button></p>
			</form>
			<?php endif; ?>
		</div>
		<div>
			<section>
				<h2 class="kd-status"><?php echo esc_html($view['words']->status($thread['status'])); ?></h2>
				<?php if ($view['connected']) : ?>
					<p><?php esc_html_e('New answers appear here by themselves and also come by mail.', 'keydesk-bridge'); ?></p>
					<?php echo $html->open('ticket', $id, 'kd-refresh'); ?><button class="button"><?php esc_html_e('Look for answers', 'keydesk-bridge'); ?></button></form>
				<?php else : ?>
					<p><?php esc_html_e('Without a license on this site the answer comes by mail only.', 'keydesk-bridge'); ?></p>
				<?php endif; ?>
			</section>
			<section<?php if (!$view['connected']) : ?> hidden<?php endif; ?>>
				<h2><?php esc_html_e('This ticket', 'keydesk-bridge'); ?></h2>
				<div class="kd-when-open"<?php if ($done) : ?> hidden<?php endif; ?>>
					<?php echo $html->open('set_status', $id + array('status' => 'closed')); ?><button class="button"><?php esc_html_e('It is solved, close', 'keydesk-bridge'); ?></button></form>
				</div>
				<div class="kd-when-done"<?php if (!$done) : ?> hidden<?php endif; ?>>
					<?php echo $html->open('set_status', $id + array('status' => 'open')); ?><button class="button"><?php esc_html_e('Not solved, open again', 'keydesk-bridge'); ?></button></form>
				</div>
			</section>
		</div>
	</div>
<?php endif; ?>
