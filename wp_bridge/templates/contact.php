<?php

/**
 * A new question: one form, everything filled in that the site knows, nothing sent that was not shown.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
$draft = $view['draft'];
$errors = $view['errors'];
?>
<p class="kd-crumbs"><?php echo $html->link(__('Help', 'keydesk-bridge'), 'help'); ?> / <?php esc_html_e('New ticket', 'keydesk-bridge'); ?></p>
<?php echo $html->open('send', array('from' => $view['from']), 'kd-ask'); ?>
	<div class="kd-split">
		<div>
			<fieldset class="kd-field">
				<legend><?php esc_html_e('What is it about?', 'keydesk-bridge'); ?></legend>
				<?php foreach ($view['words']->types() as $type => $label) : ?>
					<label><input type="radio" name="type" value="<?php echo esc_attr($type); ?>"<?php if ($type === $draft['type']) : ?> checked<?php endif; ?>> <?php echo esc_html($label); ?></label>
				<?php endforeach; ?>
			</fieldset>
			<div class="kd-field">
				<label for="kd-subject"><?php esc_html_e('Subject', 'keydesk-bridge'); ?></label>
				<input id="kd-subject" name="subject" class="kd-wide" type="text" dir="auto" maxlength="200" required value="<?php echo esc_attr($draft['subject'] ?? ''); ?>"<?php echo $html->marked('subject', $errors); ?>>
				<?php echo $html->error('subject', $errors); ?>
			</div>
			<div class="kd-field">
				<label for="kd-body"><?php esc_html_e('What happens, and what did you expect?', 'keydesk-bridge'); ?></label>
				<textarea id="kd-body" name="body" rows="6" dir="auto" maxlength="10000" required<?php echo $html->marked('body', $errors); ?>><?php echo esc_textarea($draft['body'] ?? ''); ?></textarea>
				<?php echo $html->error('body', $errors); ?>
			</div>
			<?php if ($view['files']) : ?>
				<?php $view['show']('files', $view); ?>
			<?php endif; ?>
			<div class="kd-field">
				<h2 id="kd-along"><?php esc_html_e('What we send along', 'keydesk-bridge'); ?></h2>
				<div class="kd-diagnostics" aria-live="polite">
					<?php if ($view['preview'] !== null) : ?>
						<?php $view['show']('diagnostics', $view['preview'] + array('titles' => $view['words']->sections())); ?>
					<?php else : ?>
						<p class="kd-soft kd-nothing"><?php esc_html_e('Nothing yet. Facts about your site help us to answer at once; you see each of them before it is sent.', 'keydesk-bridge'); ?></p>
					<?php endif; ?>
				</div>
				<?php echo $html->error('sections', $errors); ?>
				<p class="kd-noscript"><button class="button" name="show" value="1" formnovalidate><?php esc_html_e('Show what can be sent along', 'keydesk-bridge'); ?></button></p>
			</div>
		</div>
		<div>
			<div class="kd-field">
				<label for="kd-email"><?php esc_html_e('Answer by mail to', 'keydesk-bridge'); ?></label>
				<input id="kd-email" name="email" class="kd-wide" type="email" autocomplete="email" maxlength="254" required value="<?php echo esc_attr($draft['email'] ?? ''); ?>"<?php echo $html->marked('email', $errors); ?>>
				<?php echo $html->error('email', $errors); ?>
				<?php if ($view['connected']) : ?>
					<p class="description"><?php esc_html_e('The answer also appears here, under “My tickets”.', 'keydesk-bridge'); ?></p>
				<?php else : ?>
					<p class="description"><?php esc_html_e('Without a license on this site the answer comes by mail only.', 'keydesk-bridge'); ?></p>
				<?php endif; ?>
			</div>
			<p><input type="hidden" name="shared" value="0"><label><input type="checkbox" name="shared" value="1"<?php if (($draft['shared'] ?? true) === true) : ?> checked<?php endif; ?>> <?php esc_html_e('Other administrators of this site may read it', 'keydesk-bridge'); ?></label></p>
		</div>
	</div>
	<div class="kd-foot">
		<button class="button button-primary" aria-describedby="kd-consent"><?php esc_html_e('Send', 'keydesk-bridge'); ?></button>
		<span class="kd-soft" id="kd-consent">
			<?php
			/* translators: %s: host name of the help server */
			echo esc_html(sprintf(__('Sends this form to %s and fetches the answers from there.', 'keydesk-bridge'), $view['server']));
			?>
			<?php echo $html->outside(__('Terms', 'keydesk-bridge'), $view['terms']); ?>
			<?php echo $html->outside(__('Privacy', 'keydesk-bridge'), $view['privacy']); ?>
		</span>
	</div>
</form>
